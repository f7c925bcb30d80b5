#include "bench/search_shop.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/random.h"

namespace kontor::bench {
namespace {

using search::Property;

constexpr const char* kColours[] = {"White", "Black",  "Gray",  "Brown", "Stainless Steel", "Chrome", "Beige",
                                    "Blue",  "Bronze", "Green", "Red",   "Yellow"};
constexpr const char* kMaterials[] = {"Steel", "Wood", "Plastic", "Brass", "Ceramic", "Aluminum", "Glass", "Concrete"};
constexpr size_t kSizes = 40;
constexpr int64_t kFirstDayUs = 1'600'000'000'000'000, kDayUs = 86'400'000'000;

// A word that may name a category.
bool NamesCategory(const std::string& word) {
  return word.size() >= 4 && std::all_of(word.begin(), word.end(), absl::ascii_isalpha);
}

// A number below `count` by Zipf's law, about.
size_t Skewed(base::Random& random, size_t count) {
  const double rank = std::pow(static_cast<double>(count + 1), random.Uniform());
  return std::min(static_cast<size_t>(rank) - 1, count - 1);
}

void AddAttributes(base::Random& random, search::Product& product) {
  if (random.Chance(.9)) product.attributes.push_back({"Colour", kColours[Skewed(random, std::size(kColours))]});
  if (random.Chance(.7)) {
    const auto size = static_cast<double>(1 + Skewed(random, kSizes));
    product.attributes.push_back({"Size", absl::StrCat(size, " in."), size, true});
  }
  if (random.Chance(.6)) product.attributes.push_back({"Material", kMaterials[Skewed(random, std::size(kMaterials))]});
  const double rating = 5 - .5 * static_cast<double>(Skewed(random, 9));
  product.attributes.push_back({"Rating", absl::StrCat(rating), rating, true});
}

search::LiveValues MakeLive(base::Random& random) {
  search::LiveValues live;
  live.price_micros = static_cast<int64_t>(40 * std::exp(random.Normal()) * 100) * 10'000;
  live.stock = static_cast<float>(random.Chance(.1) ? 0 : 1 + random.Below(200));
  live.popularity = static_cast<float>(std::floor(1 / std::sqrt(random.Uniform() + 1e-6)) - 1);
  live.margin_share = .1F + .4F * static_cast<float>(random.Uniform());
  return live;
}

}  // namespace

MadeShop::MadeShop(const std::vector<search::Product>& titles) {
  absl::flat_hash_map<std::string, size_t> counts;
  for (const search::Product& product : titles) {
    std::vector<std::string> words = absl::StrSplit(product.title, ' ', absl::SkipEmpty());
    if (words.empty()) continue;
    std::set<std::string> seen;
    for (const std::string& word : words) {
      std::string lower = absl::AsciiStrToLower(word);
      if (NamesCategory(lower) && seen.insert(lower).second) ++counts[lower];
    }
    titles_.push_back(std::move(words));
  }
  std::vector<std::pair<std::string, size_t>> frequent(counts.begin(), counts.end());
  std::sort(frequent.begin(), frequent.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  frequent.resize(std::min(frequent.size(), kDepartments + kAisles));
  for (size_t i = 0; i < frequent.size(); ++i) ranks_[frequent[i].first] = i;
}

search::Upsertion MadeShop::Make(size_t number) const {
  base::Random random(number + 1);
  const std::vector<std::string>& head = titles_[random.Below(titles_.size())];
  const std::vector<std::string>& tail = titles_[random.Below(titles_.size())];
  std::vector<std::string> words(head.begin(), head.begin() + static_cast<std::ptrdiff_t>((head.size() + 1) / 2));
  words.insert(words.end(), tail.begin() + static_cast<std::ptrdiff_t>((tail.size() + 1) / 2), tail.end());
  search::Upsertion upsertion;
  search::Product& product = upsertion.product;
  product.id = absl::StrCat("p", number);
  product.title = absl::StrJoin(words, " ");
  product.brand = words[0];
  std::string department = "other", aisle;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    const auto rank = ranks_.find(absl::AsciiStrToLower(*word));
    if (rank != ranks_.end()) (rank->second < kDepartments ? department : aisle) = rank->first;
  }
  product.category_path = {department};
  if (!aisle.empty()) product.category_path.push_back(aisle);
  AddAttributes(random, product);
  product.codes = {absl::StrFormat("SC%07d", random.Below(10'000'000))};
  product.available_at_us = kFirstDayUs + static_cast<int64_t>(random.Below(1'000)) * kDayUs;
  upsertion.live = MakeLive(random);
  return upsertion;
}

std::vector<search::FacetSpec> MadeShop::Facets() {
  std::vector<search::FacetSpec> facets(5);
  facets[0].property = {Property::Kind::kBrand, ""};
  facets[1].property = {Property::Kind::kCategory, ""};
  facets[2].property = {Property::Kind::kAttribute, "Colour"};
  facets[3].property = {Property::Kind::kAttribute, "Size"};
  facets[4].property = {Property::Kind::kAttribute, "Material"};
  return facets;
}

}  // namespace kontor::bench
