'use strict';

/**
 * @param {string} text
 * @returns {string} safe inside an SVG
 */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * @param {number|string} x pixels
 * @param {number|string} y pixels, of the text's foot
 * @param {string} text
 * @param {'start'|'middle'|'end'} [anchor] which part of the text is at `x`
 * @returns {string} SVG of a small text
 */
function label(x, y, text, anchor = 'start') {
  return `<text class="small" x="${x}" y="${y}" text-anchor="${anchor}">${escape(text)}</text>`;
}

/**
 * @param {number} width pixels
 * @param {number} height pixels
 * @param {string[]} parts what is drawn on white; texts of the classes `title` and `small` have their size
 * @returns {string} SVG
 */
function drawing(width, height, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '<style>text{font:12px sans-serif;fill:#111827}text.small{font-size:10px;fill:#374151}' +
      'text.title{font-size:15px}</style>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts, '</svg>', '',
  ].join('\n');
}

module.exports = { drawing, escape, label };
