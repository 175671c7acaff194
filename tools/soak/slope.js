'use strict';

/**
 * A line through points by least squares.
 *
 * @typedef {object} Fit
 * @property {number} slope units of y for each unit of x
 * @property {number} error standard error of the slope
 * @property {number} points how many there were
 */

/**
 * @param {[x: number, y: number][]} points
 * @returns {Fit|null} null if there are fewer than three, or all have one x
 */
function fit(points) {
  const count = points.length;
  if (count < 3) return null;
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / count;
  const [middleX, middleY] = [mean(([x]) => x), mean(([, y]) => y)];
  const spread = mean(([x]) => (x - middleX) ** 2);
  if (spread === 0) return null;
  const slope = mean(([x, y]) => (x - middleX) * (y - middleY)) / spread;
  const rest = mean(([x, y]) => (y - middleY - slope * (x - middleX)) ** 2);
  return { slope, error: Math.sqrt(rest / spread / (count - 2)), points: count };
}

module.exports = { fit };
