local function run()
  local buffer = {}
  for i = 0, 299999 do buffer[#buffer + 1] = "line " .. i .. ", " end
  local text = table.concat(buffer)
  local parts = {}
  for i = 0, 299999 do parts[#parts + 1] = tostring(i) end
  return #text + #table.concat(parts, ",")
end
print(run())
