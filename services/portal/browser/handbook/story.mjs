// What the people of the journey write, in the two languages of the handbook.
const stories = {
  fr: {
    city: "Ville de Montfleury",
    welcome: "Bienvenue. Ici, les habitants de Montfleury proposent, débattent et décident.",
    terms: "## Qui peut participer\n\nToute personne qui habite Montfleury.\n\n## Ce qui n’est pas publié\n\n- la publicité ;\n- les insultes.",
    areas: ["Centre-ville", "Les Quais", "Gare et Écluse"],
    areaFile: "code;nom;fait partie de\r\nquais;Les Quais;\r\ngare;Gare et Écluse;\r\n",
    roll: "Habitants de 16 ans et plus, 2027",
    sender: "Ville de Montfleury\n1, place de la Mairie\n69000 Montfleury",
    addressHead: "Numéro;Civilité;Prénom;Nom;Voie;Code postal;Ville",
    process: "Budget participatif 2027",
    about: "Soixante mille euros pour vos idées. Proposez, puis votez.",
    proposals: [
      ["Des bancs à l’ombre sur les quais", "Il fait chaud, et il n’y a nulle part où s’asseoir.\n\n- six bancs\n- trois tilleuls"],
      ["Un ponton pour les barques et les kayaks", "Depuis la rive, personne ne peut descendre à l’eau sans risque."],
      ["Une fontaine place de la Gare", "Pour boire et pour remplir sa gourde en attendant le train."],
      ["Un tramway jusqu’à la mer", "La mer est loin, et le train trop rare."],
      ["Mes panneaux solaires à petit prix", "Appelez-moi vite, les prix baissent encore cette semaine."],
    ],
    accepted: "Les services ont étudié l’idée avec la voirie. Elle est réalisable : elle sera proposée au vote.",
    rejected: "La mer est à 310 km. La région est compétente pour le train : nous lui avons transmis votre idée.",
    hiddenReason: "Publicité : voir « Ce qui n’est pas publié » dans les conditions d’utilisation.",
    budget: "Toute la ville",
    badTable: "titre\tcoût\nDes arceaux à vélos devant les écoles\tpas cher",
    table: "titre\tcoût\tcatégories\nDes arceaux à vélos devant les écoles\t9 500\tVélo\nUn jardin partagé rue du Port\t15 000\tNature",
    tried: ["Piscine couverte", "Terrain de sport", "Jardin partagé", "Arceaux à vélos"],
    box: "Urne de la mairie",
    closeReason: "Toutes les personnes présentes ont voté ; le maire clôt le vote.",
    news: "Le chantier a commencé : les six bancs sont posés, les tilleuls seront plantés cet automne.",
    resident: "Zoé Martin",
  },
  en: {
    city: "Town of Montfleury",
    welcome: "Welcome. Here, the people of Montfleury propose, discuss and decide.",
    terms: "## Who can take part\n\nEverybody who lives in Montfleury.\n\n## What is not published\n\n- advertising\n- insults",
    areas: ["Town centre", "The Quays", "Station and Lock"],
    areaFile: "code,name,part of\r\nquais,The Quays,\r\ngare,Station and Lock,\r\n",
    roll: "Residents of 16 and over, 2027",
    sender: "Town of Montfleury\n1, Town Hall Square\n69000 Montfleury",
    addressHead: "Number;Title;First name;Name;Street;Postcode;Town",
    process: "Participatory budget 2027",
    about: "Sixty thousand euros for your ideas. Propose, then vote.",
    proposals: [
      ["Benches in the shade along the quays", "It gets hot, and there is nowhere to sit.\n\n- six benches\n- three lime trees"],
      ["A landing stage for boats and kayaks", "From the bank, nobody gets down to the water safely."],
      ["A fountain in Station Square", "To drink, and to fill a bottle while waiting for the train."],
      ["A tramway to the sea", "The sea is far away, and trains are rare."],
      ["My solar panels at a low price", "Call me soon, prices go down again this week."],
    ],
    accepted: "We have looked into the idea with the roads department. It can be done, and will be put to the vote.",
    rejected: "The sea is 310 km away. The region runs the trains: we have passed your idea on.",
    hiddenReason: "Advertising: see “What is not published” in the terms of use.",
    budget: "The whole town",
    badTable: "title\tcost\nBicycle racks outside the schools\tcheap",
    table: "title\tcost\tcategories\nBicycle racks outside the schools\t9,500\tCycling\nA shared garden in Harbour Street\t15,000\tNature",
    tried: ["Swimming pool", "Sports ground", "Shared garden", "Bicycle racks"],
    box: "Town hall box",
    closeReason: "Everybody present has voted; the mayor closes the vote.",
    news: "Work has begun: the six benches are in place, and the lime trees will be planted this autumn.",
    resident: "Zoe Martin",
  },
};

export const story = (language) => stories[language];
// Who works in the office: name, address, the place of the role.
export const team = [
  ["Bilal Haddad", "bilal", 0],
  ["Chloé Petit", "chloe", 1],
  ["David Morel", "david", 2],
  ["Fanny Noël", "fanny", 2],
  ["Emma Blanc", "emma", 3],
];
export const money = (language, amount) => new Intl.NumberFormat(language).format(amount).replace(/\s/g, " ");

// Nine residents, three of whom live in each area.
const districts = ["centre", "quais", "gare"];
export const residents = Array.from({ length: 9 }, (_, place) => ({ number: String(1001 + place), district: districts[place % 3] }));
export const rollFile = () =>
  ["member_number;district;birth_date;email", ...residents.map(({ number, district }, place) => `${number};${district};19${60 + place}-03-14;`)].join("\r\n");
export const wrongRollFile = () => "member_number;district;birth_date;email\r\n1001;centre;14/03/1960;\r\n1001;quais;1961-03-14;nobody\r\n1,00E+03;gare;1962-03-14;\r\n";

// The ballots of an earlier vote, in which a majority and a minority want different things.
export function earlierVote({ tried }) {
  const head = "META\nkey;value\ndescription;2025\ncountry;France\nunit;Montfleury\ninstance;2025\nnum_projects;4\nnum_votes;100\nbudget;60000\nvote_type;approval\nrule;greedy\ndate_begin;2025\ndate_end;2025\ncurrency;EUR";
  const costs = [30000, 26000, 12000, 9000];
  const projects = tried.map((name, place) => `${place + 1};${costs[place]};${place < 2 ? 60 : 40};${name}`);
  const votes = Array.from({ length: 100 }, (_, voter) => `${voter + 1};${voter < 60 ? "1,2" : "3,4"}`);
  return [head, "PROJECTS", "project_id;cost;votes;name", ...projects, "VOTES", "voter_id;vote", ...votes, ""].join("\n");
}
