/** The report's style sheet: readable in light and dark, on a phone, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b42318; --open: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --good: #57c77a; --bad: #ff8a80; --open: #7ab8ff; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
header { border-left: .4rem solid; padding-left: 1rem; }
header.good { border-color: var(--good); } header.good .badge { color: var(--good); }
header.bad { border-color: var(--bad); } header.bad .badge { color: var(--bad); }
header.open { border-color: var(--open); } header.open .badge { color: var(--open); }
.badge { font-weight: 700; margin: 0; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; padding-bottom: .3rem; opacity: .8; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; min-width: 5rem; }
tbody th { font-weight: 600; }
.entry { border-left: 3px solid var(--line); padding-left: .8rem; margin: 1rem 0; }
.entry-title { font-weight: 600; margin: 0; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0; }
dt { opacity: .8; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } }
@media print { nav { display: none; } body { max-width: none; } .entry, tr { break-inside: avoid; } }
`;
