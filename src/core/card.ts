import * as z from 'zod'

const count = z.number().int().nonnegative()
const range = z.object({ min: z.number(), median: z.number(), max: z.number() })
const some = z.object({ count, examples: z.array(z.string()) })

/** The file `card.json`: facts about the images and warnings in plain words. */
export const cardSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  imageCount: count,
  classes: z.array(z.object({ name: z.string(), count })),
  perPart: z.record(z.string(), z.object({ count, minPerClass: count, maxPerClass: count })),
  /** Largest class over smallest. */
  imbalance: z.number(),
  sizes: z.object({ width: range, height: range, aspect: z.object({ min: z.number(), max: z.number() }) }),
  storedShape: z.tuple([count, count]).nullable(),
  edge: z.number().nullable(),
  channels: z.number(),
  mean: z.array(z.number()),
  std: z.array(z.number()),
  formats: z.record(z.string(), count),
  duplicates: z.object({
    identicalGroups: count,
    identicalImages: count,
    nearGroups: count,
    nearImages: count,
    conflictingLabels: count,
    droppedFromTrain: count,
  }),
  quarantined: z.object({ count, examples: z.array(z.object({ path: z.string(), reason: z.string() })) }),
  stray: some,
  groups: z.object({ origin: z.string(), count, largest: count }),
  scheme: z.enum(['fixed', 'rotating', 'pooled']),
  testOrigin: z.enum(['sealed', 'user', 'none']),
  ownSplits: z.array(z.string()),
  warnings: z.array(z.string()),
})

export type Card = Readonly<z.infer<typeof cardSchema>>
