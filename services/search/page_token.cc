#include "services/search/page_token.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::search {
namespace {

constexpr uint64_t kMostOffset = 1'000'000'000;

}  // namespace

std::string FormatPageToken(const PagePlace& place, uint64_t request_hash) {
  const Cursor& cursor = place.cursor;
  return absl::StrCat(
      absl::Hex(request_hash), ".", cursor.offset, ".", absl::Hex(std::bit_cast<uint32_t>(cursor.after_rank.score)),
      ".", absl::Hex(cursor.after_rank.sequence), ".", absl::Hex(std::bit_cast<uint64_t>(cursor.after_sort.key)), ".",
      static_cast<int>(cursor.after_sort.unknown), ".", absl::Hex(cursor.after_sort.sequence), ".",
      static_cast<int>(place.effort));
}

absl::StatusOr<PagePlace> ParsePageToken(absl::string_view text, uint64_t request_hash) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  PagePlace place;
  Cursor& cursor = place.cursor;
  uint64_t hash = 0, key = 0;
  uint32_t score = 0;
  int unknown = 0, effort = 0;
  const bool read = parts.size() == 8 && absl::SimpleHexAtoi(parts[0], &hash) &&
                    absl::SimpleAtoi(parts[1], &cursor.offset) && absl::SimpleHexAtoi(parts[2], &score) &&
                    absl::SimpleHexAtoi(parts[3], &cursor.after_rank.sequence) && absl::SimpleHexAtoi(parts[4], &key) &&
                    absl::SimpleAtoi(parts[5], &unknown) &&
                    absl::SimpleHexAtoi(parts[6], &cursor.after_sort.sequence) && absl::SimpleAtoi(parts[7], &effort);
  cursor.after_rank.score = std::bit_cast<float>(score);
  cursor.after_sort.key = std::bit_cast<double>(key);
  cursor.after_sort.unknown = unknown != 0;
  const auto least = static_cast<int>(Effort::kLexical), most = static_cast<int>(Effort::kLearned);
  place.effort = static_cast<Effort>(std::clamp(effort, least, most));
  const bool sound = read && hash == request_hash && cursor.offset <= kMostOffset &&
                     std::isfinite(cursor.after_rank.score) && !std::isnan(cursor.after_sort.key) &&
                     FormatPageToken(place, request_hash) == text;
  if (!sound) return absl::InvalidArgumentError("pass next_page_token of the answer before, with the same request");
  return place;
}

}  // namespace kontor::search
