/** The kind under which the evidence keeps which columns this version's catalogs have, so that versions can be told apart. */
export const CATALOG_COLUMNS = 'columns of system catalogs';

/** The kinds under which relations and statistics objects stand that ANALYZE has filled. */
export const OPTIMIZER_STATISTICS = ['optimizer statistics', 'extended optimizer statistics'];

/** The property that names the extension which an object belongs to. */
export const EXTENSION = 'extension';

/** The property that names the objects with which an object goes away. */
export const PART_OF = 'part of';

/** The property of the role that initdb made: its name is the installation's choice, and grants of others become its own. */
export const BOOTSTRAP = 'bootstrap superuser';
