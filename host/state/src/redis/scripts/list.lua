-- Tells the host who is in topics, piece by piece, in order with what all are told. ARGV: the ticket of the list, how
-- many members a call tells of, where to go on in the first topic ('0' at its beginning), how many bytes an id and a label
-- have at most (what has more is none of eco's, and left out); topics. How many topics are done, and where to go on in the
-- next.
local room, cursor, longest_id, longest_label = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
for at = 8, #ARGV do
  local topic = ARGV[at]
  repeat
    local from = cursor
    local piece = try('HSCAN', topic_key(topic), from, 'COUNT', math.max(room, 1)) or { '0', {} }
    cursor = piece[1]
    local list, parts = piece[2], {}
    for place = 1, #list, 2 do
      if list[place] ~= '#' and #list[place] <= longest_id and #list[place + 1] <= longest_label then
        local head = string.format('%d %d ', #list[place], #list[place + 1])
        table.insert(parts, head .. list[place] .. list[place + 1])
      end
    end
    local number = try('HGET', topic_key(topic), '#') or '0'
    local head = string.format('%s %s %d %d %d ', number, ARGV[3], from == '0' and 1 or 0, cursor == '0' and 1 or 0, #topic)
    redis.call('PUBLISH', host_key(host), head .. topic .. table.concat(parts))
    room = room - #parts - 1
  until cursor == '0' or room <= 0
  if room <= 0 then
    local done = at - 7
    if cursor ~= '0' then done = done - 1 end
    return { done, cursor }
  end
end
return { #ARGV - 7, '0' }
