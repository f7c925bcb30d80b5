#include "services/analytics/answer.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/base/hash.h"

namespace kontor::analytics {
namespace {

template <typename T>
uint64_t HashOf(const std::vector<T>& column) {
  return base::StableHash(absl::string_view(reinterpret_cast<const char*>(column.data()), column.size() * sizeof(T)));
}

uint64_t HashOf(const std::vector<bool>& column) {
  std::string bits(column.begin(), column.end());
  return base::StableHash(bits);
}

uint64_t HashOf(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) absl::StrAppend(&all, text.size(), ":", text);
  return base::StableHash(all);
}

}  // namespace

uint64_t RowsDigest(const QueryResult& result) {
  std::string parts = absl::StrCat(result.rows, "/", result.currency);
  for (const KeyColumn& key : result.keys) absl::StrAppend(&parts, "/", HashOf(key.values), ",", HashOf(key.codes));
  for (const MetricColumn& metric : result.metrics) {
    absl::StrAppend(&parts, "/", HashOf(metric.exact), ",", HashOf(metric.ratio), ",", HashOf(metric.is_null));
  }
  return base::StableHash(parts);
}

int64_t MemoryOf(const Answer& answer) {
  size_t bytes = sizeof(Answer);
  for (const KeyColumn& key : answer.result.keys) {
    bytes += key.codes.size() * sizeof(uint32_t);
    for (const std::string& value : key.values) bytes += sizeof(std::string) + value.size();
  }
  for (const MetricColumn& metric : answer.result.metrics) {
    bytes +=
        metric.exact.size() * sizeof(absl::int128) + metric.ratio.size() * sizeof(double) + metric.is_null.size() / 8;
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace kontor::analytics
