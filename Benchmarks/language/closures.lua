local function counter(step)
  local total = 0
  return function() total = total + step; return total end
end
local function run()
  local result = 0
  for i = 0, 19999 do
    local next = counter(i)
    for k = 1, 50 do result = next() end
  end
  return result
end
print(run())
