#include "libs/domain/nn/window_batches.h"

#include <algorithm>
#include <utility>

namespace kontor::nn {

WindowBatches::WindowBatches(const Sequences& sequences, int window, int batch_events)
    : sequences_(sequences), batch_events_(batch_events) {
  for (size_t u = 0; u < sequences.users(); ++u) {
    const uint64_t begin = sequences.offsets[u], most = static_cast<uint64_t>(window);
    for (uint64_t end = sequences.offsets[u + 1]; end > begin;) {
      const uint64_t size = std::min(end - begin, most);
      end -= size;
      windows_.push_back({end, static_cast<int64_t>(size)});
    }
  }
}

size_t WindowBatches::Shuffle(base::Random& random) {
  std::vector<std::pair<double, size_t>> order;  // by length, with some disorder
  for (size_t i = 0; i < windows_.size(); ++i) {
    order.emplace_back(static_cast<double>(windows_[i].size) + 2 * random.Uniform(), i);
  }
  std::sort(order.begin(), order.end());
  batches_.clear();
  int64_t longest = 0;
  for (const auto& [length, i] : order) {
    longest = std::max(longest, windows_[i].size);
    if (batches_.empty() || longest * static_cast<int64_t>(batches_.back().size() + 1) > batch_events_) {
      batches_.emplace_back();
      longest = windows_[i].size;
    }
    batches_.back().push_back(i);
  }
  for (size_t i = batches_.size(); i > 1; --i) std::swap(batches_[i - 1], batches_[random.Below(i)]);
  return batches_.size();
}

WindowBatches::Batch WindowBatches::Get(size_t batch) const {
  Batch out;
  out.rows = static_cast<int64_t>(batches_[batch].size());
  for (size_t w : batches_[batch]) out.length = std::max(out.length, windows_[w].size);
  out.items.assign(static_cast<size_t>(out.rows * out.length), kNoItem);
  int64_t begin = 0;
  for (size_t w : batches_[batch]) {
    for (int64_t i = 0; i < windows_[w].size; ++i) {
      const int64_t item = sequences_.items[windows_[w].first + static_cast<uint64_t>(i)];
      out.items[static_cast<size_t>(begin + i)] = item;
      out.places.push_back(begin + i);
      out.labels.push_back(item);
    }
    begin += out.length;
  }
  return out;
}

}  // namespace kontor::nn
