local function run()
  local point = {x = 1, y = 2, z = 0}
  for i = 0, 1999999 do
    point.z = point.x + point.y
    point.x = point.z - i
  end
  return point.x
end
print(run())
