/** One privilege of an access control list, as `grantee=privileges/grantor` writes many of them. */
interface Privilege {
  grantee: string;
  letter: string;
  grantable: boolean;
  grantor: string;
}

const NAME = '("(?:[^"]|"")*"|[^"=/]*)';
const ITEM = new RegExp(`^${NAME}=([a-zA-Z*]*)/${NAME}$`);

/**
 * What an access control list gives and takes compared with what it would be by default, one line for every privilege:
 * `+reader:r/owner`, `-PUBLIC:X/owner`. Said so, a list means the same in every version: the owner of a table gains
 * MAINTAIN in 17 by default, and here neither has it before nor after.
 * @throws Error on an item of a form that is not known.
 */
export function aclDelta(acl: string[], byDefault: string[]): string[] {
  const [now, usual] = [new Set(acl.flatMap(privileges)), new Set(byDefault.flatMap(privileges))];
  const given = [...now].filter((privilege) => !usual.has(privilege)).map((privilege) => `+${privilege}`);
  const taken = [...usual].filter((privilege) => !now.has(privilege)).map((privilege) => `-${privilege}`);
  return [...given, ...taken].sort();
}

function privileges(item: string): string[] {
  const found = ITEM.exec(item);
  if (!found) throw new Error(`Not an access control item that is known: ${item}`);
  const [, grantee, letters, grantor] = found;
  return [...letters.matchAll(/([a-zA-Z])(\*?)/g)].map(([, letter, star]) =>
    asLine({ grantee: grantee || 'PUBLIC', letter, grantable: star === '*', grantor }),
  );
}

const asLine = ({ grantee, letter, grantable, grantor }: Privilege): string =>
  `${grantee}:${letter}${grantable ? '*' : ''}/${grantor}`;
