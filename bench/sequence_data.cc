#include "bench/sequence_data.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/domain/history/interner.h"

namespace kontor::bench {
namespace {

using recommendations::Catalogue;
using recommendations::ItemId;

absl::Status Missing(const std::string& path) { return absl::NotFoundError(absl::StrCat("there is no file ", path)); }

absl::Status Malformed(const std::string& path, int64_t line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, " line ", line, ": ", what));
}

struct Step {
  int64_t seconds = 0;
  ItemId item = 0;
};

SequenceData Collect(const std::vector<std::vector<Step>>& users, Catalogue catalogue) {
  SequenceData out;
  out.catalogue = std::move(catalogue);
  const uint32_t items = out.catalogue.products.size();
  out.catalogue.product_categories.assign(items, recommendations::kNone);
  out.baskets = recommendations::Baskets(items);
  for (const std::vector<Step>& user : users) {
    for (const Step& step : user) out.baskets.AddBasket(step.seconds, recommendations::kNone, {step.item});
    out.baskets.EndUser();
    out.persons.push_back(out.persons.size() + 1);
    out.events += static_cast<int64_t>(user.size());
  }
  return out;
}

}  // namespace

absl::StatusOr<SequenceData> ReadSequences(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Missing(path);
  Catalogue catalogue;
  std::vector<std::vector<Step>> users;
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    if (fields.size() < 2) return Malformed(path, number, "give a user and at least one item");
    users.emplace_back();
    for (size_t i = 1; i < fields.size(); ++i) users.back().push_back({0, catalogue.products.Intern(fields[i])});
  }
  return Collect(users, std::move(catalogue));
}

absl::StatusOr<SequenceData> ReadInteractions(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Missing(path);
  Catalogue catalogue;
  history::Interner names;
  std::vector<std::vector<Step>> users;
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    const std::vector<absl::string_view> fields = absl::StrSplit(absl::StripAsciiWhitespace(line), ',');
    double time = 0;
    if (fields.size() != 3 || !absl::SimpleAtod(fields[2], &time)) {
      if (number == 1) continue;  // a header
      return Malformed(path, number, "give user,item,time with a number as time");
    }
    const uint32_t user = names.Intern(fields[0]);
    if (user == users.size()) users.emplace_back();
    users[user].push_back({std::llround(time), catalogue.products.Intern(fields[1])});
  }
  for (auto& user : users) {
    std::stable_sort(user.begin(), user.end(), [](const Step& a, const Step& b) { return a.seconds < b.seconds; });
  }
  return Collect(users, std::move(catalogue));
}

absl::Status ReadAttributes(const std::string& path, Catalogue& catalogue) {
  std::ifstream in(path);
  if (!in) return Missing(path);
  std::stringstream text;
  text << in.rdbuf();
  history::Interner attributes;
  std::vector<std::vector<uint32_t>> of_item(catalogue.products.size());
  // "item": [a, b], … : what stands before each '[' names the item, what follows up to ']' its attributes.
  const std::string all = text.str();
  for (absl::string_view rest = all; rest.find('[') != absl::string_view::npos;) {
    const size_t open = rest.find('['), close = rest.find(']');
    if (close == absl::string_view::npos || close < open) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is not of the form {\"item\": [attribute, …], …}"));
    }
    const std::vector<absl::string_view> name = absl::StrSplit(rest.substr(0, open), '"');
    const auto item = name.size() == 3 ? catalogue.products.Find(name[1]) : std::nullopt;
    for (const absl::string_view value : absl::StrSplit(rest.substr(open + 1, close - open - 1), ',')) {
      if (item) of_item[*item].push_back(attributes.Intern(absl::StripAsciiWhitespace(value)));
    }
    rest.remove_prefix(close + 1);
  }
  for (std::vector<uint32_t>& features : of_item) catalogue.features.AppendItem(std::move(features));
  return absl::OkStatus();
}

}  // namespace kontor::bench
