/** A hash of the sources that read the wire; the build puts it in. */
declare const __WIRE__: string;
