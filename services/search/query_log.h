#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/base/mutex.h"

namespace kontor::search {

// The last different queries that this process answered, for previews. Thread-safe.
class QueryLog {
 public:
  static constexpr size_t kMost = 1'000;  // of a shop

  void Add(const std::string& shop, const v1::SearchRequest& request) {
    if (request.query().empty() || !request.page_token().empty()) return;
    base::MutexLock lock(mutex_);
    auto& [known, queries] = shops_[shop];
    if (!known.insert(request.query()).second) return;
    queries.push_back(request);
    queries.back().clear_read_after();
    queries.back().clear_visitor_id();  // nobody's name is kept
    if (queries.size() <= kMost) return;
    known.erase(queries.front().query());
    queries.pop_front();
  }

  // The newest first.
  std::vector<v1::SearchRequest> Newest(const std::string& shop, size_t most) const {
    base::MutexLock lock(mutex_);
    const auto found = shops_.find(shop);
    if (found == shops_.end()) return {};
    const std::deque<v1::SearchRequest>& queries = found->second.queries;
    return {queries.rbegin(), queries.rbegin() + static_cast<ptrdiff_t>(std::min(most, queries.size()))};
  }

 private:
  struct Shop {
    absl::flat_hash_set<std::string> known;
    std::deque<v1::SearchRequest> queries;
  };
  mutable base::Mutex mutex_;
  std::map<std::string, Shop> shops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::search
