#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/search/index.h"

namespace kontor::search {

// Changes that wait for their commit.
struct Index::Batch {
  struct Entry {
    AnalysedProduct product;
    std::optional<LiveValues> live;  // none: those of the older version
    LiveUpdate changes;              // since, on top
  };
  std::vector<Entry> entries;
  absl::flat_hash_map<std::string, size_t> places;  // id → entry; entries without are void
  // Ids whose older version goes; a new one under such an id keeps nothing of it.
  absl::flat_hash_set<std::string> removed;

  void Put(AnalysedProduct product, const std::optional<LiveValues>& live);
  void Remove(const std::string& id);
  bool empty() const { return places.empty() && removed.empty(); }
  size_t size() const { return places.size() + removed.size(); }
};

// INVALID_ARGUMENT with all violations.
absl::Status Validate(absl::Span<const Upsertion> batch);
absl::Status Validate(absl::Span<const LiveUpdate> updates);

// A part of which all documents live.
IndexView::Part WholePart(std::shared_ptr<const Segment> segment);
// Deletes documents of a part: a new bitmap takes the place of its old one.
void Delete(absl::Span<const uint32_t> docs, IndexView::Part& part);

}  // namespace kontor::search
