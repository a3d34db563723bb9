/** The waves of the console's sign: the river after which Lethe is called. */
const WAVES = `<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round">
<path d="M6 13c3.3-3 6.7-3 10 0s6.7 3 10 0"/><path d="M6 20c3.3-3 6.7-3 10 0s6.7 3 10 0" opacity=".55"/></g>`;

/** The sign of a tab, as the console has it. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b5d6b"/>${WAVES}</svg>
`;

/** The sign and the name, for the dark bar at the top of the API's page. */
export const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 140 32" width="140" height="32" role="img" aria-label="Lethe API">
<rect width="32" height="32" rx="7" fill="#0b5d6b"/>${WAVES}<text x="42" y="23" font-family="system-ui, sans-serif" font-size="20" fill="#fff">Lethe API</text></svg>
`;
