// The parts of a scene that a wall can do without in its first second, in one piece.
export { default as AreaList } from './AreaList.svelte';
export { default as Changed } from './Changed.svelte';
export { default as HourChart } from './HourChart.svelte';
export { default as Message } from './Message.svelte';
export { default as Rain } from './Rain.svelte';
export { default as Reports } from './Reports.svelte';
export { default as Rivers } from './Rivers.svelte';
export { default as Unfit } from './Unfit.svelte';
