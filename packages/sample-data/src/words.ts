/**
 * What records are made of. Names of people and streets are common ones of England and Ireland, put together by
 * chance; mail goes to domains that RFC 2606 reserves, calls to numbers that Ofcom and NANPA keep for fiction.
 * Every word can stand in JSON as it is.
 */
type Words = readonly [string, ...string[]];

// biome-ignore format: a word list reads better filled than a word a line
export const FIRST_NAMES: Words = [
  "Aidan", "Alice", "Aoife", "Arthur", "Bríd", "Caoimhe", "Charlotte", "Ciarán", "Conor", "Daniel", "Deirdre",
  "Edward", "Eimear", "Eleanor", "Emily", "Fionn", "Florence", "Frances", "George", "Gráinne", "Harriet", "Henry",
  "Isla", "Jack", "Jean-Luc", "Kathleen", "Liam", "Margaret", "Matilda", "Maeve", "Niamh", "Noah", "Oisín", "Oliver",
  "Orla", "Padraig", "Rosie", "Saoirse", "Seán", "Sinéad", "Thomas", "William",
];

// biome-ignore format: a word list reads better filled than a word a line
export const LAST_NAMES: Words = [
  "Ashworth", "Barker", "Brennan", "Byrne", "Carter", "Cavanagh", "Clarke", "Connolly", "Cooper", "Doherty", "Doyle",
  "Duffy", "Ellis", "Fitzgerald", "Fletcher", "Gallagher", "Hargreaves", "Hayes", "Hughes", "Kavanagh", "Keane",
  "Lennon", "Lynch", "Maguire", "McCarthy", "Mitchell", "Nolan", "O'Brien", "O'Connor", "Ó Súilleabháin", "Parker",
  "Pemberton", "Quinn", "Reid", "Shaw", "Sheridan", "Smyth", "Taylor", "Turner", "Walsh", "Whitaker", "Wood",
];

// biome-ignore format: a word list reads better filled than a word a line
export const STREETS: Words = [
  "Abbey Road", "Bridge Street", "Castle Row", "Chapel Lane", "Church Walk", "Cooper's Yard", "Elm Grove",
  "Ferry Road", "Harbour Street", "High Street", "Hillcrest", "Kiln Lane", "Linen Court", "Market Place", "Mill Lane",
  "Oak Avenue", "Orchard Close", "Priory Park", "Quay Street", "Rectory Gardens", "Shannon Terrace", "Station Road",
  "The Green", "Tower Hill", "Victoria Parade", "Weaver's Row", "Willow Drive", "Windmill Rise",
];

export interface Town {
  readonly city: string;
  readonly country: "United Kingdom" | "Republic of Ireland";
  /** Area of a UK postcode, or routing key of an Eircode. */
  readonly postalArea: string;
}

export const TOWNS: readonly [Town, ...Town[]] = [
  { city: "Bath", country: "United Kingdom", postalArea: "BA" },
  { city: "Belfast", country: "United Kingdom", postalArea: "BT" },
  { city: "Brighton", country: "United Kingdom", postalArea: "BN" },
  { city: "Durham", country: "United Kingdom", postalArea: "DH" },
  { city: "Exeter", country: "United Kingdom", postalArea: "EX" },
  { city: "Leeds", country: "United Kingdom", postalArea: "LS" },
  { city: "Liverpool", country: "United Kingdom", postalArea: "L" },
  { city: "Manchester", country: "United Kingdom", postalArea: "M" },
  { city: "Norwich", country: "United Kingdom", postalArea: "NR" },
  { city: "Oxford", country: "United Kingdom", postalArea: "OX" },
  { city: "Sheffield", country: "United Kingdom", postalArea: "S" },
  { city: "York", country: "United Kingdom", postalArea: "YO" },
  { city: "Cork", country: "Republic of Ireland", postalArea: "T12" },
  { city: "Dublin", country: "Republic of Ireland", postalArea: "D04" },
  { city: "Galway", country: "Republic of Ireland", postalArea: "H91" },
  { city: "Kilkenny", country: "Republic of Ireland", postalArea: "R95" },
  { city: "Limerick", country: "Republic of Ireland", postalArea: "V94" },
  { city: "Waterford", country: "Republic of Ireland", postalArea: "X91" },
];

/** `#` stands for a digit. Ofcom, "Telephone numbers for use in TV and radio drama programmes". */
export const DRAMA_PHONES: Words = [
  "+44(0)113 496 0###",
  "(0114) 4960###",
  "+441154960###",
  "0121 496 0###",
  "+44(0)131 4960###",
  "(0141) 496 0###",
  "+44151 4960###",
  "0161 496 0###",
  "020 7946 0###",
  "+44(0)2920 180###",
  "01632 960###",
  "07700 900###",
  "+447700900###",
  "(0808) 157 0###",
  "+44(0)808 157 0###",
  "+44(0)3069 990###",
];

/** 22 characters, the longest that the source writes; 555-0100 to 555-0199 are nobody's numbers. */
export const LONG_PHONE = "001-###-555-01##x#####";

export const EMAIL_DOMAINS: Words = ["example.com", "example.net", "example.org"];

export const SEGMENTS: Words = ["health", "sports", "beauty"];

export const CATEGORIES: Words = ["vitamin", "beauty", "sports", "misc"];

// biome-ignore format: a word list reads better filled than a word a line
export const PRODUCT_ADJECTIVES: Words = [
  "Alpine", "Amber", "Bright", "Calm", "Clear", "Coastal", "Daily", "Evening", "Fresh", "Gentle", "Golden", "Meadow",
  "Morning", "Mild", "Nordic", "Pure", "Quiet", "Silver", "Soft", "Vivid",
];

// biome-ignore format: a word list reads better filled than a word a line
export const PRODUCT_NOUNS: Words = [
  "Balm", "Bar", "Bottle", "Brush", "Capsules", "Cream", "Drops", "Gel", "Lotion", "Mat", "Mask", "Oil", "Powder",
  "Scrub", "Serum", "Shampoo", "Soap", "Spray", "Tablets", "Tonic",
];
