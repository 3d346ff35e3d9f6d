SELECT sum(bytes_on_disk) AS bytes, count() AS parts
FROM cluster({cluster:String}, system.parts)
WHERE active AND database = currentDatabase()
