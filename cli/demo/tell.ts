// core: one event of a broker's timeline as a sentence for people; null for those that the story does not
// need.

export interface StoryEvent {
  node: number;
  wallMs: number;
  kind: string;
  detail: Readonly<Record<string, unknown>>;
}

const sentences: Readonly<Record<string, (d: Readonly<Record<string, unknown>>) => string>> = {
  "session-connection-lost": (d) => `noticed: the controller lost its connection to broker ${d.broker}`,
  "peer-connection-lost": (d) => `noticed: connection to broker ${d.broker} lost`,
  candidate: (d) => `node ${d.node} stands for controller in term ${d.term}`,
  elected: (d) => `node ${d.node} elected controller in term ${d.term}`,
  fenced: (d) => `broker ${d.broker} fenced`,
  unfenced: (d) => `broker ${d.broker} unfenced`,
  "leader-moved": (d) =>
    `leader of ${d.topic}-${d.partition}: broker ${d.from} -> ${d.to} (epoch ${d.epoch})`,
};

export function tell(event: StoryEvent): string | null {
  return sentences[event.kind]?.(event.detail) ?? null;
}
