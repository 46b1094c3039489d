// core: which names topics can have.
//
// Source: Kafka, org.apache.kafka.common.internals.Topic

const longest = 249;

/** Why nothing can have this name; null: it can. */
export function topicNameProblem(name: string): string | null {
  if (name === "") return "a topic needs a name";
  if (name === "." || name === "..") return 'the name must not be "." or ".."';
  if (name.length > longest) return `the name has ${name.length} characters; it must have at most ${longest}`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return "the name must consist of letters, digits, '.', '_' and '-' (ASCII) only";
  return null;
}

/** A name that differs from `name` by '.' and '_' only; null when there is none. */
export function collidingName(name: string, names: Iterable<string>): string | null {
  if (!/[._]/.test(name)) return null;
  const folded = name.replaceAll(".", "_");
  for (const other of names) if (other !== name && other.replaceAll(".", "_") === folded) return other;
  return null;
}
