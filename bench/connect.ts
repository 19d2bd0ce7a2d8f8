import { Client, Connection } from '@temporalio/client'
import { createDataConverter } from '../shared/temporal/data-converter.ts'
import { openFolderAssets } from '../storage/assets/assets.ts'
import type { Place } from './place.ts'

/** A Temporal client as a backend service beside Parley has one. */
export async function connectTemporal({ temporalAddress, folder }: Place): Promise<Client> {
  const { payloads } = await openFolderAssets(`${folder}/assets`)
  return new Client({
    connection: await Connection.connect({ address: temporalAddress }),
    dataConverter: createDataConverter({ payloads }),
  })
}
