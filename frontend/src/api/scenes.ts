import { parseScenes, type Scene } from '../rules/scene';
import { get } from './request';

/** Every scene that this server knows. */
export async function fetchScenes(): Promise<Scene[]> {
  return parseScenes(await get('/api/v1/scenes'));
}
