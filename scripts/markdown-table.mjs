/** Lines of a Markdown table with aligned columns, and an empty one after it. @param rows cells, the head first */
export const markdownTable = (rows) => {
  const widths = rows[0].map((_, index) => Math.max(...rows.map((cells) => cells[index].length)));
  const line = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body, ''];
};
