/** Props that a mounted component follows when they are changed. */
export function reactive<T extends object>(first: T): T {
  let props = $state.raw(first);
  return new Proxy(first, {
    get: (_, key) => props[key as keyof T],
    has: (_, key) => key in props,
    ownKeys: () => Reflect.ownKeys(props),
    set(_, key, value) {
      props = { ...props, [key]: value as unknown };
      return true;
    },
  });
}
