-- What Tests/lsp/neovim.sh asks Neovim's client, each answer a line of output.
local function say(what, text) io.stdout:write(what .. " " .. text .. "\n") end

vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end)
for _, d in ipairs(vim.diagnostic.get(0)) do
  say("error", (d.lnum + 1) .. ":" .. (d.col + 1) .. " " .. d.message)
end

local function ask(method, line, character)
  local place = { textDocument = { uri = vim.uri_from_bufnr(0) }, position = { line = line, character = character } }
  for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/" .. method, place, 20000) or {}) do
    return answer.result
  end
end

say("hover", ask("hover", 2, 5).contents.value:match("Doubles[^\n]*"))
say("signature", ask("signatureHelp", 2, 11).signatures[1].label)
local completion = ask("completion", 2, 7)
say("completion", (completion.items or completion)[1].label)
local definition = ask("definition", 3, 7)
say("definition", vim.fn.fnamemodify((definition.uri or definition[1].uri), ":t"))

local function line(number) return vim.api.nvim_buf_get_lines(0, number, number + 1, false)[1] end
vim.api.nvim_win_set_cursor(0, { 6, 16 })
vim.lsp.buf.rename("twice")
vim.wait(20000, function() return line(5):find("twice") ~= nil end)
say("renamed", line(5))
vim.api.nvim_buf_set_lines(0, 3, 4, false, { "z=kaiming_normal( [y,y] )" })
if vim.lsp.buf.format then
  vim.lsp.buf.format({ timeout_ms = 20000 })
else
  vim.lsp.buf.formatting_sync(nil, 20000)
end
say("formatted", line(3))
vim.cmd("qa!")
