/** What is no text in that which an answer says about its sources. */

import { message } from '../proto-json.ts';
import { all, count, duration, either, known, matching, oneOf, type Shape, sealed, uuid } from '../shape.ts';

/** An opaque token that leads to the source: its random letters look like a secret. */
export const GROUNDING_REDIRECT =
  /^https:\/\/vertexaisearch\.cloud\.google\.com\/grounding-api-redirect\/[\w-]{64,}={0,2}$/;

const uri = matching(GROUNDING_REDIRECT);

const web = message({ uri, ...all('title domain', known) });

/** Of Google Maps, where `ChIJ` begins every place that is a point. */
const placeId = matching(/^(?:places\/)?ChIJ[\w-]{23}$/);
const reviewId = either(sealed, matching(/^places\/ChIJ[\w-]{23}\/reviews\/[\w-]{64,}={0,2}$/));

const reviewSnippets = message({
  ...all('review title relativePublishTimeDescription flagContentUri googleMapsUri', known),
  reviewId,
  authorAttribution: message(all('displayName photoUri uri', known)),
});

const maps = message({
  ...all('text title uri', known),
  placeId,
  placeAnswerSources: message({
    ...all('reviewSnippets reviewSnippet', reviewSnippets),
    flagContentUri: known,
  }),
  route: message({ distanceMeters: count, duration, encodedPolyline: known }),
});

const retrievedContext = message({
  ...all('text title uri documentName fileSearchStore mediaId', known),
  pageNumber: count,
  ragChunk: message({
    text: known,
    ...all('chunkId fileId', uuid),
    pageSpan: message(all('firstPage lastPage', count)),
  }),
  customMetadata: message({
    ...all('key stringValue numericValue', known),
    stringListValue: message({ values: known }),
  }),
});

const segment = message({ ...all('startIndex endIndex partIndex', count), text: known });

export const GROUNDING: Shape = message({
  ...all('webSearchQueries imageSearchQueries retrievalQueries', known),
  groundingChunks: message({
    web,
    image: message(all('imageUri sourceUri title domain', known)),
    maps,
    retrievedContext,
  }),
  groundingSupports: message({
    segment,
    ...all('groundingChunkIndices confidenceScores renderedParts', count),
  }),
  retrievalMetadata: message({ googleSearchDynamicRetrievalScore: count }),
  searchEntryPoint: message(all('renderedContent sdkBlob', known)),
  googleMapsWidgetContextToken: matching(/^widgetcontent\/[\w-]{64,}={0,2}$/),
  sourceFlaggingUris: message(all('sourceId flagContentUri', known)),
});

const citations = message({
  ...all('startIndex endIndex', count),
  uri,
  ...all('title license', known),
  publicationDate: message(all('year month day', count)),
});

export const CITATIONS: Shape = message(all('citations citationSources', citations));

export const URL_CONTEXT: Shape = message({
  urlMetadata: message({
    retrievedUrl: uri,
    urlRetrievalStatus: oneOf(
      ...['URL_RETRIEVAL_STATUS_UNSPECIFIED', 'URL_RETRIEVAL_STATUS_SUCCESS', 'URL_RETRIEVAL_STATUS_ERROR'],
      ...['URL_RETRIEVAL_STATUS_PAYWALL', 'URL_RETRIEVAL_STATUS_UNSAFE'],
    ),
  }),
});

/** @param content the shape of a content */
export function attributionsOf(content: Shape): Shape {
  return message({
    sourceId: message({
      groundingPassage: message({ passageId: known, partIndex: count }),
      semanticRetrieverChunk: message(all('source chunk', known)),
    }),
    content,
  });
}
