local function run()
  local xs = {}
  for i = 0, 999 do xs[#xs + 1] = i end
  local total = 0
  for round = 1, 2000 do
    for i = 1, 1000 do
      total = total + xs[i]
      xs[i] = total % 7
    end
  end
  return total
end
print(run())
