local function run()
  local total = 0.0
  for i = 0, 10000000 - 1 do total = total + i * 0.5 end
  return total
end
print(run())
