SELECT count() AS servers, uniqExact(shard_num) AS shards, (SELECT arrayStringConcat(groupUniqArray(cluster), ', ') FROM system.clusters) AS known
FROM system.clusters
WHERE cluster = {cluster:String}
