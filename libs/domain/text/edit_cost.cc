#include "libs/domain/text/edit_cost.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "absl/strings/string_view.h"

namespace kontor::text {
namespace {

constexpr float kSwap = 0.6F, kDoubled = 0.5F, kVowel = 0.7F, kSound = 0.7F, kNeighbour = 0.8F, kOther = 1.0F;
constexpr float kExtra = 0.9F, kMissing = 0.9F, kMissingVowel = 0.765F, kFirst = 0.6F, kPair = 1.3F;
constexpr float kInfinite = std::numeric_limits<float>::infinity();

bool IsVowel(char32_t c) {
  return c < 128 && absl::string_view("aeiouy").find(static_cast<char>(c)) != absl::string_view::npos;
}

// Costs of one small Latin letter for another.
std::array<std::array<float, 26>, 26> MakeSubstitutions() {
  std::array<std::array<float, 26>, 26> costs;
  for (auto& row : costs) row.fill(kOther);
  const auto set = [&](char a, char b, float cost) {
    float& one = costs[a - 'a'][b - 'a'];
    float& two = costs[b - 'a'][a - 'a'];
    one = two = std::min(one, cost);
  };
  constexpr absl::string_view kRows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
  for (int row = 0; row < 3; ++row) {
    for (size_t i = 0; i < kRows[row].size(); ++i) {
      if (i + 1 < kRows[row].size()) set(kRows[row][i], kRows[row][i + 1], kNeighbour);
      if (row + 1 == 3) continue;
      for (size_t below : {i, i - 1}) {
        if (below < kRows[row + 1].size()) set(kRows[row][i], kRows[row + 1][below], kNeighbour);
      }
    }
  }
  for (char a : absl::string_view("aeiouy")) {
    for (char b : absl::string_view("aeiouy")) set(a, b, kVowel);
  }
  for (absl::string_view pair : {"ck", "sc", "sz", "kq", "fv", "iy", "gj", "mn", "td", "pb"})
    set(pair[0], pair[1], kSound);
  return costs;
}

float Substitution(char32_t typed, char32_t meant) {
  if (typed == meant) return 0;
  static const auto costs = MakeSubstitutions();
  const bool letters = typed >= 'a' && typed <= 'z' && meant >= 'a' && meant <= 'z';
  return letters ? costs[typed - 'a'][meant - 'a'] : kOther;
}

struct Cell {
  float cost = kInfinite;
  int distance = 1 << 20;
};

void Take(Cell& cell, const Cell& from, float cost, int edits) {
  cell.cost = std::min(cell.cost, from.cost + cost);
  cell.distance = std::min(cell.distance, from.distance + edits);
}

}  // namespace

EditCost CostOfTyping(absl::Span<const char32_t> typed, absl::Span<const char32_t> meant, int distance_max) {
  const int n = static_cast<int>(typed.size()), m = static_cast<int>(meant.size());
  if (std::abs(n - m) > distance_max) return {kInfinite, distance_max + 1};
  constexpr int kWidth = 66;  // words have at most 64 bytes
  if (n + 2 > kWidth || m + 2 > kWidth) return {kInfinite, distance_max + 1};
  std::array<std::array<Cell, kWidth>, 3> rows;  // of i - 2, i - 1, i
  for (int i = 0; i <= n; ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const int low = std::max(0, i - distance_max), high = std::min(m, i + distance_max);
    if (low > 0) row[low - 1] = Cell();
    if (high < m) row[high + 1] = Cell();
    for (int j = low; j <= high; ++j) {
      Cell cell;
      if (i == 0 && j == 0) cell = {0, 0};
      if (i > 0 && j > 0) {
        const float cost = Substitution(typed[i - 1], meant[j - 1]);
        Take(cell, above[j - 1], cost == 0 ? 0 : cost + (i == 1 || j == 1 ? kFirst : 0), cost == 0 ? 0 : 1);
      }
      if (i > 0 && j < i + distance_max) {
        const bool doubled = i > 1 && typed[i - 1] == typed[i - 2];
        Take(cell, above[j], (doubled ? kDoubled : kExtra) + (i == 1 ? kFirst : 0), 1);
      }
      if (j > 0 && j > low) {
        const bool doubled = j > 1 && meant[j - 1] == meant[j - 2];
        Take(cell, row[j - 1],
             (doubled                 ? kDoubled
              : IsVowel(meant[j - 1]) ? kMissingVowel
                                      : kMissing) +
                 (j == 1 ? kFirst : 0),
             1);
      }
      if (i > 1 && j > 1 && typed[i - 1] == meant[j - 2] && typed[i - 2] == meant[j - 1] &&
          typed[i - 1] != typed[i - 2]) {
        Take(cell, rows[(i + 1) % 3][j - 2], kSwap + (i == 2 || j == 2 ? kFirst : 0), 1);
      }
      if (i > 1 && j > 1 && typed[i - 1] == typed[i - 2] && meant[j - 1] == meant[j - 2] &&
          typed[i - 1] != meant[j - 1]) {
        const float cost = kPair * Substitution(typed[i - 1], meant[j - 1]);
        Take(cell, rows[(i + 1) % 3][j - 2], cost + (i == 2 || j == 2 ? kFirst : 0), 2);
      }
      row[j] = cell;
    }
  }
  const Cell& last = rows[n % 3][m];
  if (last.distance > distance_max) return {kInfinite, distance_max + 1};
  return {last.cost, last.distance};
}

}  // namespace kontor::text
