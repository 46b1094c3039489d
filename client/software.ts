// core: how this client introduces itself to brokers (KIP-511). A test holds the version to package.json.

export const softwareName = "ottla";
export const softwareVersion = "0.1.0";
