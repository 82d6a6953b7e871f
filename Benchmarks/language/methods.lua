local Walker = {}
Walker.__index = Walker
function Walker.new(x, y) return setmetatable({x = x, y = y, steps = 0}, Walker) end
function Walker:move(dx, dy)
  self.x = self.x + dx
  self.y = self.y + dy
  self.steps = self.steps + 1
  return self.x
end
local function run()
  local walker = Walker.new(0, 0)
  for i = 1, 1500000 do walker:move(1, 2) end
  return walker.x + walker.y + walker.steps
end
print(run())
