/** The documented views: the only tables that a query may name. */
export const viewNames = [
  "spans",
  "logs",
  "runs",
  "readings",
  "clusters",
  "changes",
  "rulings",
  "notes",
  "verdicts",
] as const;

const aggregates = words(`
  count sum avg min max any anyLast anyHeavy argMin argMax uniq uniqExact uniqCombined uniqCombined64 uniqHLL12
  groupArray groupUniqArray groupConcat topK topKWeighted stddevPop stddevSamp varPop varSamp covarPop covarSamp corr
  skewPop skewSamp kurtPop kurtSamp sumWithOverflow groupBitAnd groupBitOr groupBitXor entropy
  simpleLinearRegression mannWhitneyUTest welchTTest studentTTest rankCorr kolmogorovSmirnovTest cramersV
  histogram first_value last_value deltaSum retention windowFunnel sequenceMatch sequenceCount
  quantile quantiles quantileExact quantilesExact quantileTDigest quantilesTDigest quantileTiming quantilesTiming
  quantileExactWeighted quantileDeterministic median medianExact medianTDigest avgWeighted
`);

const combinators = ["If", "Array", "OrNull", "OrDefault", "Distinct", "Map", "ForEach"] as const;

const windows = words(`
  row_number rank dense_rank percent_rank ntile lag lead lagInFrame leadInFrame nth_value cume_dist
`);

const scalars = words(`
  plus minus multiply divide intDiv intDivOrZero modulo negate abs gcd lcm equals notEquals less greater lessOrEquals
  greaterOrEquals and or xor not min2 max2 greatest least
  if multiIf ifNull nullIf coalesce isNull isNotNull assumeNotNull toNullable isNaN isFinite isInfinite isZeroOrNull

  exp log ln log2 log10 exp2 exp10 sqrt cbrt pow power sin cos tan asin acos atan atan2 sign floor ceil ceiling round
  roundBankers trunc truncate roundDown factorial pi e erf erfc lgamma tgamma sigmoid degrees radians hypot
  bitAnd bitOr bitXor bitNot bitShiftLeft bitShiftRight bitCount bitTest

  length lengthUTF8 empty notEmpty lower upper lowerUTF8 upperUTF8 reverse reverseUTF8 concat concatWithSeparator substring
  substr substringUTF8 left right leftUTF8 rightUTF8 leftPad rightPad leftPadUTF8 rightPadUTF8 trim trimBoth trimLeft
  trimRight ltrim rtrim startsWith endsWith startsWithUTF8 endsWithUTF8 position locate positionCaseInsensitive positionUTF8
  positionCaseInsensitiveUTF8 countSubstrings countSubstringsCaseInsensitive hasToken hasTokenCaseInsensitive
  hasSubsequence like notLike ilike notILike match extract extractAll extractGroups replace replaceOne replaceAll
  replaceRegexpOne replaceRegexpAll splitByChar splitByString splitByRegexp splitByWhitespace splitByNonAlpha
  alphaTokens arrayStringConcat format repeat space char ascii initcap soundex toValidUTF8 isValidUTF8 ngrams tokens
  editDistance levenshteinDistance jaroSimilarity jaroWinklerSimilarity ngramDistance
  base64Encode base64Decode tryBase64Decode hex unhex bin unbin encodeXMLComponent
  decodeXMLComponent domain domainWithoutWWW path protocol queryString cutQueryString extractURLParameter decodeURLComponent
  encodeURLComponent substringIndex translate translateUTF8 stringJaccardIndex

  cityHash64 sipHash64 xxHash32 xxHash64 farmHash64 murmurHash3_64 halfMD5 MD5 SHA1 SHA224 SHA256 SHA512 CRC32 CRC64

  toString toInt8 toInt16 toInt32 toInt64 toInt128 toUInt8 toUInt16 toUInt32 toUInt64 toUInt128 toFloat32 toFloat64 toBool
  toDate toDate32 toDateTime toDateTime64 toUUID toFixedString toDecimal32 toDecimal64 toDecimal128 toTypeName
  toInt32OrNull toInt64OrNull toUInt32OrNull toUInt64OrNull toFloat64OrNull toFloat32OrNull toDateOrNull toDateTimeOrNull
  toInt32OrZero toInt64OrZero toUInt32OrZero toUInt64OrZero toFloat64OrZero toDateTime64OrNull toUUIDOrNull
  parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTime64BestEffort parseDateTime64BestEffortOrNull
  parseDateTime formatDateTime formatReadableSize formatReadableQuantity formatReadableTimeDelta

  now now64 today yesterday toYear toQuarter toMonth toDayOfYear toDayOfMonth toDayOfWeek toHour toMinute toSecond
  toMillisecond toISOYear toISOWeek toWeek toYearWeek toStartOfYear toStartOfQuarter toStartOfMonth toMonday toStartOfWeek
  toStartOfISOYear toStartOfDay toStartOfHour toStartOfMinute toStartOfSecond toStartOfFiveMinutes toStartOfTenMinutes
  toStartOfFifteenMinutes toStartOfInterval toLastDayOfMonth toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toUnixTimestamp
  toUnixTimestamp64Milli toUnixTimestamp64Micro toUnixTimestamp64Nano fromUnixTimestamp fromUnixTimestamp64Milli
  fromUnixTimestamp64Micro fromUnixTimestamp64Nano toTimeZone dateDiff dateTrunc addYears addMonths
  addWeeks addDays addHours addMinutes addSeconds addMilliseconds subtractYears subtractMonths subtractWeeks subtractDays
  subtractHours subtractMinutes subtractSeconds monthName dateName timeSlot age toIntervalNanosecond toIntervalMicrosecond
  toIntervalMillisecond toIntervalSecond toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth
  toIntervalQuarter toIntervalYear toRelativeDayNum toRelativeHourNum

  array range arrayConcat arrayElement has hasAll hasAny hasSubstr indexOf arrayCount countEqual arrayEnumerate
  arrayEnumerateUniq arrayPushBack arrayPushFront arrayPopBack arrayPopFront arrayResize arraySlice arraySort
  arrayReverseSort arrayPartialSort arrayUniq arrayDistinct arrayDifference arrayJoin arrayIntersect arrayReduce
  arrayReverse arrayFlatten arrayCompact arrayZip arrayMap arrayFilter arrayExists arrayAll arrayFirst arrayLast
  arrayFirstIndex arrayLastIndex arrayFirstOrNull arrayLastOrNull arrayMin arrayMax arraySum arrayAvg arrayCumSum arrayProduct
  arrayFold arrayWithConstant arrayJaccardIndex arrayNormalizedGini cosineDistance L1Distance L2Distance dotProduct
  tuple tupleElement map mapKeys mapValues mapContains mapContainsKey mapAdd mapSubtract mapFilter mapApply mapFromArrays
  mapConcat mapExists mapAll mapSort

  JSONHas JSONLength JSONType JSONExtract JSONExtractString JSONExtractInt JSONExtractUInt JSONExtractFloat JSONExtractBool
  JSONExtractRaw JSONExtractArrayRaw JSONExtractKeysAndValuesRaw JSONExtractKeys JSON_VALUE JSON_QUERY JSON_EXISTS isValidJSON
  simpleJSONExtractString simpleJSONExtractInt simpleJSONExtractFloat simpleJSONExtractBool simpleJSONExtractRaw simpleJSONHas
  toJSONString

  proportionsZTest bar rowNumberInAllBlocks transform
  generateUUIDv4 rand rand64
`);

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Names of functions by their lower-case form: SQL does not care, the engine sometimes does. */
const byLowerCase = new Map(
  [...scalars, ...windows, ...aggregates].map((name) => [name.toLowerCase(), name]),
);
byLowerCase.set("date_trunc", "dateTrunc").set("date_diff", "dateDiff");
const aggregateNames = new Set(aggregates);

/** Every function that a query may call, combinators of aggregates aside: for documentation and for the test that the engine has them. */
export const functionNames: readonly string[] = [...byLowerCase.values()];

/** The engine's spelling of a function that a query may call; null for any other. `sumIf`, `uniqExactOrNull` are aggregates too. */
export function allowedFunction(
  name: string,
): { readonly name: string; readonly aggregate: boolean } | null {
  const exact = byLowerCase.get(name.toLowerCase());
  if (exact !== undefined) return { name: exact, aggregate: aggregateNames.has(exact) };
  for (const combinator of combinators) {
    if (!name.endsWith(combinator)) continue;
    const base = allowedFunction(name.slice(0, -combinator.length));
    if (base?.aggregate === true) return { name: base.name + combinator, aggregate: true };
  }
  return null;
}

const types = new Map(
  words(`
    Int8 Int16 Int32 Int64 Int128 Int256 UInt8 UInt16 UInt32 UInt64 UInt128 UInt256 Float32 Float64 Decimal Decimal32
    Decimal64 Decimal128 String FixedString Date Date32 DateTime DateTime64 Bool UUID Array Nullable Tuple Map
    LowCardinality IPv4 IPv6 JSON
  `).map((name) => [name.toLowerCase(), name]),
);

const typeAliases: Readonly<Record<string, string>> = {
  int: "Int32",
  integer: "Int32",
  bigint: "Int64",
  float: "Float32",
  double: "Float64",
  text: "String",
  varchar: "String",
  boolean: "Bool",
  timestamp: "DateTime",
};

/** The engine's spelling of a type that a value may be cast to; null for any other. */
export function allowedType(name: string): string | null {
  return types.get(name.toLowerCase()) ?? typeAliases[name.toLowerCase()] ?? null;
}

/** Units of `INTERVAL 1 DAY` and `EXTRACT(YEAR FROM …)`: the functions that they stand for. */
export const units: Readonly<Record<string, { readonly interval: string; readonly part: string }>> =
  {
    SECOND: { interval: "toIntervalSecond", part: "toSecond" },
    MINUTE: { interval: "toIntervalMinute", part: "toMinute" },
    HOUR: { interval: "toIntervalHour", part: "toHour" },
    DAY: { interval: "toIntervalDay", part: "toDayOfMonth" },
    WEEK: { interval: "toIntervalWeek", part: "toISOWeek" },
    MONTH: { interval: "toIntervalMonth", part: "toMonth" },
    QUARTER: { interval: "toIntervalQuarter", part: "toQuarter" },
    YEAR: { interval: "toIntervalYear", part: "toYear" },
  };
