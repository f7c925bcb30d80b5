#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

// Histories cut into windows of at most so many events (every event in one) and gathered, windows of similar length
// together, into batches of at most `batch_events` places, padding included, or of one window.
class WindowBatches {
 public:
  static constexpr int64_t kNoItem = -1;
  struct Batch {
    int64_t rows = 0, length = 0;
    std::vector<int64_t> items;   // rows x length: a window's events from the left, then kNoItem
    std::vector<int64_t> places;  // of the events in `items`
    std::vector<int64_t> labels;  // the items at the places
  };

  WindowBatches(const Sequences& sequences, int window, int batch_events);

  size_t Shuffle(base::Random& random);  // the number of batches
  Batch Get(size_t batch) const;

 private:
  struct Window {
    uint64_t first;
    int64_t size;
  };
  const Sequences sequences_;
  const int64_t batch_events_;
  std::vector<Window> windows_;
  std::vector<std::vector<size_t>> batches_;
};

}  // namespace kontor::nn
