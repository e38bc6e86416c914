/** The supported majors. One list; everything that asks "which versions" asks here. Pure: workflows import it too. */
export const SUPPORTED_VERSIONS = [15, 16, 17, 18] as const;
