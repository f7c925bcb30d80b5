#include "libs/domain/history/history.h"

#include <algorithm>
#include <tuple>

namespace kontor::history {

size_t History::bytes() const {
  return items_.capacity() * sizeof(uint32_t) + times_.capacity() * sizeof(int64_t) +
         weights_.capacity() * sizeof(float) + kinds_.capacity() * sizeof(Kind) +
         user_baskets_.capacity() * sizeof(uint32_t) + basket_rows_.capacity() * sizeof(uint32_t) +
         basket_ids_.capacity() * sizeof(uint32_t) + basket_times_.capacity() * sizeof(int64_t) +
         basket_contexts_.capacity() * sizeof(uint32_t);
}

std::vector<uint32_t> HistoryBuilder::OrderByUser(std::vector<uint32_t>& user_ends) const {
  for (const Row& row : rows_) {
    if (row.user >= user_ends.size()) user_ends.resize(row.user + size_t{1}, 0);
    ++user_ends[row.user];
  }
  uint32_t begin = 0;
  for (uint32_t& end : user_ends) {
    const uint32_t count = end;
    end = begin;
    begin += count;
  }
  std::vector<uint32_t> order(rows_.size());
  for (uint32_t i = 0; i < rows_.size(); ++i) order[user_ends[rows_[i].user]++] = i;
  return order;
}

void HistoryBuilder::AppendUser(absl::Span<uint32_t> rows, History& out) const {
  std::sort(rows.begin(), rows.end(), [this](uint32_t a, uint32_t b) {
    return std::tie(rows_[a].basket, rows_[a].time_seconds, a) < std::tie(rows_[b].basket, rows_[b].time_seconds, b);
  });
  std::vector<Range> baskets;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows_[rows[i]].basket != rows_[rows[i - 1]].basket) baskets.push_back({i, i});
    baskets.back().end = i + 1;
  }
  // Baskets are in the order of their number already.
  std::stable_sort(baskets.begin(), baskets.end(), [&](const Range& a, const Range& b) {
    return rows_[rows[a.begin]].time_seconds < rows_[rows[b.begin]].time_seconds;
  });
  for (const Range& basket : baskets) {
    const Row& first = rows_[rows[basket.begin]];
    out.basket_ids_.push_back(first.basket);
    out.basket_times_.push_back(first.time_seconds);
    out.basket_contexts_.push_back(first.context);
    for (uint32_t i = basket.begin; i < basket.end; ++i) {
      const Row& row = rows_[rows[i]];
      out.items_.push_back(row.item);
      out.times_.push_back(row.time_seconds);
      out.weights_.push_back(row.weight);
      out.kinds_.push_back(row.kind);
      out.item_count_ = std::max(out.item_count_, row.item + 1);
    }
    out.basket_rows_.push_back(out.rows());
  }
}

History HistoryBuilder::Build() && {
  History out;
  std::vector<uint32_t> user_ends;
  std::vector<uint32_t> order = OrderByUser(user_ends);
  out.items_.reserve(rows_.size());
  out.times_.reserve(rows_.size());
  out.weights_.reserve(rows_.size());
  out.kinds_.reserve(rows_.size());
  out.user_baskets_.reserve(user_ends.size() + 1);
  uint32_t begin = 0;
  for (uint32_t end : user_ends) {
    AppendUser(absl::MakeSpan(order).subspan(begin, end - begin), out);
    out.user_baskets_.push_back(out.baskets());
    begin = end;
  }
  rows_.clear();
  rows_.shrink_to_fit();
  return out;
}

}  // namespace kontor::history
