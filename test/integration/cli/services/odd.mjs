export const throwing = () => {
  throw Object.create(null);
};

export const throwingLater = () => {
  setTimeout(throwing);
  return new Promise(() => undefined);
};
