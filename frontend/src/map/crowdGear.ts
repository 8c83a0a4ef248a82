// What the crowd of points needs of WebGL: one program, one buffer of points, one texture of icons.

/** Numbers a point has in its buffer: x, y, cell of the atlas, side. */
export const numbersPerPoint = 4;

const vertexCode = `#version 300 es
in vec2 corner;
in vec4 point;
uniform vec2 view;
uniform vec2 pass;
uniform float cells;
uniform float size;
out vec2 at;
void main() {
  bool mine = point.w > 0.0 && point.z >= pass.x && point.z < pass.y;
  vec2 p = point.xy + corner * point.w * size;
  gl_Position = mine ? vec4(p.x / view.x * 2.0 - 1.0, 1.0 - p.y / view.y * 2.0, 0.0, 1.0) : vec4(2.0, 2.0, 0.0, 1.0);
  at = vec2((point.z + corner.x + 0.5) / cells, corner.y + 0.5);
}`;

const fragmentCode = `#version 300 es
precision mediump float;
in vec2 at;
uniform sampler2D atlas;
out vec4 colour;
void main() {
  colour = texture(atlas, at);
}`;

const corners = new Float32Array([-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5]);

/** Points in the order they are drawn. */
export interface PointBuffer {
  buffer: WebGLBuffer;
  vertices: WebGLVertexArrayObject;
  bytes: number;
}

export interface Gear {
  gl: WebGL2RenderingContext;
  program: WebGLProgram;
  texture: WebGLTexture;
  marks: PointBuffer;
  stacks: PointBuffer;
  uniforms: Record<'view' | 'cells' | 'size' | 'pass', WebGLUniformLocation | null>;
}

/** Makes it in a context; null when that cannot compile it. */
export function makeGear(gl: WebGL2RenderingContext): Gear | null {
  const program = link(gl);
  if (program === null) return null;
  const corner = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, corner);
  gl.bufferData(gl.ARRAY_BUFFER, corners, gl.STATIC_DRAW);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const uniform = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
  return {
    gl,
    program,
    texture: gl.createTexture(),
    marks: pointBuffer(gl, program, corner),
    stacks: pointBuffer(gl, program, corner),
    uniforms: { view: uniform('view'), cells: uniform('cells'), size: uniform('size'), pass: uniform('pass') },
  };
}

function pointBuffer(gl: WebGL2RenderingContext, program: WebGLProgram, corner: WebGLBuffer): PointBuffer {
  const buffer = gl.createBuffer();
  const vertices = gl.createVertexArray();
  gl.bindVertexArray(vertices);
  gl.bindBuffer(gl.ARRAY_BUFFER, corner);
  attribute(gl, { where: gl.getAttribLocation(program, 'corner'), size: 2, divisor: 0 });
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  attribute(gl, { where: gl.getAttribLocation(program, 'point'), size: numbersPerPoint, divisor: 1 });
  gl.bindVertexArray(null);
  return { buffer, vertices, bytes: 0 };
}

/** Brings points from the `from`-th up to the `to`-th into a buffer, or all of them when it is of another length. */
export function uploadPoints({ gl }: Gear, target: PointBuffer, numbers: Float32Array, part: [number, number]): void {
  gl.bindBuffer(gl.ARRAY_BUFFER, target.buffer);
  // The length is remembered and not asked for: a question to the graphics process waits for all it has to draw.
  if (target.bytes === numbers.byteLength) {
    const [from, to] = [part[0] * numbersPerPoint, part[1] * numbersPerPoint];
    gl.bufferSubData(gl.ARRAY_BUFFER, from * numbers.BYTES_PER_ELEMENT, numbers.subarray(from, to));
  } else {
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.DYNAMIC_DRAW);
    target.bytes = numbers.byteLength;
  }
}

export function uploadAtlas({ gl, texture }: Gear, atlas: HTMLCanvasElement): void {
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

function attribute(gl: WebGL2RenderingContext, a: { where: number; size: number; divisor: number }): void {
  gl.enableVertexAttribArray(a.where);
  gl.vertexAttribPointer(a.where, a.size, gl.FLOAT, false, 0, 0);
  gl.vertexAttribDivisor(a.where, a.divisor);
}

function link(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  const sources = [
    [gl.VERTEX_SHADER, vertexCode],
    [gl.FRAGMENT_SHADER, fragmentCode],
  ] as const;
  for (const [kind, code] of sources) {
    const shader = gl.createShader(kind);
    if (shader === null) return null;
    gl.shaderSource(shader, code);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) === true ? program : null;
}
