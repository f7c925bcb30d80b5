#include "libs/platform/registry/manifest.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::registry {
namespace {

constexpr char kMagic[] = "kontor-model 1";
constexpr char kSeal[] = "sealed ";
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

absl::Status Corrupt(absl::string_view what) {
  return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT", absl::StrCat("the manifest is damaged: ", what));
}

// One line "key value" into the field it belongs to; false when it cannot be.
bool Take(absl::string_view line, ModelInfo& info) {
  const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
  if (parts.size() != 2) return false;
  const std::string& value = parts[1];
  if (parts[0] == "name") {
    info.name = value;
    return IsName(value);
  }
  if (parts[0] == "version") return absl::SimpleAtoi(value, &info.version);
  if (parts[0] == "bytes") return absl::SimpleAtoi(value, &info.bytes) && info.bytes >= 0;
  if (parts[0] == "sha256") {
    info.sha256 = value;
    return value.size() == 64;
  }
  if (parts[0] == "created") return absl::ParseTime(kTimeFormat, value, &info.metadata.created, nullptr);
  if (parts[0] == "parent") {
    info.metadata.parents.push_back(value);
    return true;
  }
  const std::vector<std::string> metric = absl::StrSplit(value, ' ');
  return parts[0] == "metric" && metric.size() == 2 && absl::SimpleAtod(metric[1], &info.metadata.metrics[metric[0]]);
}

}  // namespace

bool IsName(absl::string_view name) {
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 64 && letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

std::string FormatManifest(const ModelInfo& info) {
  std::string text = absl::StrCat(kMagic, "\nname ", info.name, "\nversion ", info.version, "\nbytes ", info.bytes,
                                  "\nsha256 ", info.sha256, "\ncreated ",
                                  absl::FormatTime(kTimeFormat, info.metadata.created, absl::UTCTimeZone()), "\n");
  for (const auto& [name, value] : info.metadata.metrics)
    absl::StrAppendFormat(&text, "metric %s %.17g\n", name, value);
  for (const std::string& parent : info.metadata.parents) absl::StrAppend(&text, "parent ", parent, "\n");
  return absl::StrCat(text, kSeal, base::Sha256Hex(text), "\n");
}

absl::StatusOr<ModelInfo> ParseManifest(absl::string_view text) {
  const size_t seal = text.rfind(kSeal);
  if (seal == absl::string_view::npos) return Corrupt("it has no seal");
  const absl::string_view body = text.substr(0, seal);
  if (text.substr(seal) != absl::StrCat(kSeal, base::Sha256Hex(body), "\n")) return Corrupt("the seal does not fit");
  ModelInfo info;
  std::vector<std::string> lines = absl::StrSplit(body, '\n');
  if (lines.front() != kMagic || !lines.back().empty()) return Corrupt("it is of another kind");
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    if (!Take(lines[i], info)) return Corrupt(absl::StrCat("line ", i + 1));
  }
  return info;
}

}  // namespace kontor::registry
