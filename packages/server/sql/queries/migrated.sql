INSERT INTO migrations (number, name, written_by)
SELECT {number:UInt64}, {name:String}, {writtenBy:String}
