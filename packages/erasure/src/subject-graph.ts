import type { Subject } from "@lethe/datasets/dataset";

/** Where a search for a data subject starts. */
export interface ClosureStart {
  /** Identifiers that are the subject's for sure; they belong together, and need not occur anywhere. */
  readonly ids: readonly string[];
  /** Emails of which every record is the subject's, whatever its name. */
  readonly emails?: readonly string[];
  /** Records of the subject that the database may not hold. */
  readonly records?: readonly Subject[];
}

/** A data subject as the database knows them: every identifier of every record of theirs. All are canonical. */
export interface SubjectComponent {
  readonly ids: readonly string[];
  readonly emails: readonly string[];
  readonly names: readonly string[];
  /** The emails among them that a record under the id of somebody else has as well. */
  readonly sharedEmails: readonly string[];
  /** The ids among them of which some versions share neither email nor name with the others, not even by way of a third. */
  readonly reusedIds: readonly string[];
  /** The distinct records that were found; a record that holds only an id counts. */
  readonly records: readonly Subject[];
}

/** What is known of data subjects while they are searched for: which identifiers belong together. */
export interface SubjectGraph {
  /** Adds a record, which connects its id with its email and name. A record may be added more than once. */
  add(record: Subject): void;
  /** Returns the identifiers that belong to a start and that were not returned before. */
  takeFrontier(): { readonly ids: readonly string[]; readonly emails: readonly string[] };
  /** Returns the component of each start. */
  components(): SubjectComponent[];
}

/** Creates the graph of some starts. Its work grows with the number of records alone, whatever their order. */
export function createSubjectGraph(starts: readonly ClosureStart[]): SubjectGraph {
  const groups = createGroups();
  const records = new Map<string, Subject>();
  const sure = new Set(starts.flatMap(({ emails = [] }) => emails));
  let ids: string[] = [];
  let emails: string[] = [];
  const seenIds = new Set<string>();
  const seenEmails = new Set<string>();

  /** A group that has come to belong to a start leads on to all of its identifiers. */
  groups.onReached((record) => {
    if (record.customerId !== null && !seenIds.has(record.customerId)) {
      seenIds.add(record.customerId);
      ids.push(record.customerId);
    }
    if (record.email !== null && !seenEmails.has(record.email)) {
      seenEmails.add(record.email);
      emails.push(record.email);
    }
  });

  function add(record: Subject): void {
    const key = keyOf(record);
    if (records.has(key)) return;
    records.set(key, record);
    groups.put(record, nodesOf(record, sure));
  }

  const nodes = starts.map((start, i) => {
    const node = `start ${i}`;
    groups.reach(node);
    const own = [
      ...start.ids.map((id): Subject => ({ customerId: id, email: null, name: null })),
      ...(start.emails ?? []).map((email): Subject => ({ customerId: null, email, name: null })),
      ...(start.records ?? []),
    ];
    for (const record of own) groups.put(record, [node, ...nodesOf(record, sure)]);
    return node;
  });

  return {
    add,
    takeFrontier() {
      const frontier = { ids, emails };
      ids = [];
      emails = [];
      return frontier;
    },
    components() {
      const idsOfEmail = new Map<string, Set<string>>();
      for (const { customerId, email } of records.values()) {
        if (customerId === null || email === null) continue;
        const known = idsOfEmail.get(email) ?? new Set();
        idsOfEmail.set(email, known.add(customerId));
      }
      const byGroup = new Map<string, SubjectComponent>();
      return nodes.map((node) => {
        const group = groups.find(node);
        const known = byGroup.get(group);
        if (known !== undefined) return known;
        const component = toComponent(groups.membersOf(group), records, idsOfEmail);
        byGroup.set(group, component);
        return component;
      });
    },
  };
}

function toComponent(
  members: readonly Subject[],
  records: ReadonlyMap<string, Subject>,
  idsOfEmail: ReadonlyMap<string, ReadonlySet<string>>,
): SubjectComponent {
  const ids = distinct(members.map(({ customerId }) => customerId));
  const emails = distinct(members.map(({ email }) => email));
  const own = new Set(ids);
  const found = [...new Map(members.map((member) => [keyOf(member), member]))].filter(([key]) => records.has(key));
  return {
    ids,
    emails,
    names: distinct(members.map(({ name }) => name)),
    sharedEmails: emails.filter((email) => [...(idsOfEmail.get(email) ?? [])].some((id) => !own.has(id))),
    reusedIds: findReused(members),
    records: found.map(([, member]) => member),
  };
}

/** Returns the ids whose records fall apart into several people when the id itself is not looked at. */
function findReused(members: readonly Subject[]): string[] {
  const byId = new Map<string, Subject[]>();
  for (const member of members) {
    if (member.customerId === null || (member.email === null && member.name === null)) continue;
    const versions = byId.get(member.customerId) ?? [];
    versions.push(member);
    byId.set(member.customerId, versions);
  }
  return [...byId].flatMap(([id, versions]) => {
    const groups = createGroups();
    for (const version of versions) {
      const { email, name } = version;
      groups.put(version, [...(email === null ? [] : [`email ${email}`]), ...(name === null ? [] : [`name ${name}`])]);
    }
    const apart = new Set(
      versions.map(({ email, name }) => groups.find(email === null ? `name ${name}` : `email ${email}`)),
    );
    return apart.size > 1 ? [id] : [];
  });
}

/** What a record has in common with others of its subject. */
function nodesOf({ customerId, email, name }: Subject, sureEmails: ReadonlySet<string>): string[] {
  const nodes: string[] = [];
  if (customerId !== null) nodes.push(`id ${customerId}`);
  if (email !== null && name !== null) nodes.push(`email and name ${email}\0${name}`);
  if (email !== null && sureEmails.has(email)) nodes.push(`email ${email}`);
  return nodes;
}

function keyOf({ customerId, email, name }: Subject): string {
  return JSON.stringify([customerId, email, name]);
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}

/** Creates groups of records that are united as they turn out to have a node in common (union-find, smaller into larger). */
function createGroups() {
  const parents = new Map<string, string>();
  const members = new Map<string, Subject[]>();
  const reached = new Set<string>();
  let onReached: (record: Subject) => void = () => undefined;

  function find(node: string): string {
    let root = node;
    for (let next = parents.get(root); next !== undefined && next !== root; next = parents.get(root)) root = next;
    for (let at = node; at !== root; ) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    if (!parents.has(root)) parents.set(root, root);
    return root;
  }

  function unite(a: string, b: string): string {
    const [left, right] = [find(a), find(b)];
    if (left === right) return left;
    const [small, large] = membersOf(left).length < membersOf(right).length ? [left, right] : [right, left];
    if (reached.has(small) !== reached.has(large)) {
      membersOf(reached.has(small) ? large : small).forEach(onReached);
      reached.add(large);
    }
    const joined = membersOf(large);
    for (const member of membersOf(small)) joined.push(member);
    members.set(large, joined);
    members.delete(small);
    parents.set(small, large);
    return large;
  }

  function membersOf(root: string): Subject[] {
    return members.get(root) ?? [];
  }

  return {
    find,
    membersOf,
    onReached(callback: (record: Subject) => void) {
      onReached = callback;
    },
    /** Marks a node as one that everything around it is searched for. */
    reach(node: string) {
      reached.add(find(node));
    },
    /** Adds a record to the groups of its nodes, and unites them. A record without nodes belongs to no group. */
    put(record: Subject, nodes: readonly string[]) {
      const [first, ...others] = nodes;
      if (first === undefined) return;
      const root = others.reduce((a, b) => unite(a, b), find(first));
      const own = membersOf(root);
      own.push(record);
      members.set(root, own);
      if (reached.has(root)) onReached(record);
    },
  };
}
