#include "libs/domain/recommendations/item_facts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace kontor::recommendations {

Term TermOf(TermKind kind, absl::string_view text) {
  if (text.empty()) return 0;
  return std::max<Term>(1, base::StableHash(absl::StrCat(static_cast<int>(kind), "\n", text)));
}

Term AttributeTerm(absl::string_view name, absl::string_view value) {
  return TermOf(TermKind::kAttribute, absl::StrCat(name, "\n", value));
}

uint32_t CurrencyNumber(absl::string_view code) {
  uint32_t number = 0;
  for (const char c : code) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

double MarginShare(const ItemPrice& price) {
  if (price.cost == kUnknownAmount) return std::nan("");
  return price.price == 0 ? 0 : static_cast<double>(price.price - price.cost) / static_cast<double>(price.price);
}

bool MarginBelow(const ItemPrice& price, int64_t floor_nanos) {
  if (price.cost == kUnknownAmount) return false;
  if (price.price == 0) return floor_nanos > 0;
  return absl::int128(price.price - price.cost) * 1'000'000'000 < absl::int128(floor_nanos) * price.price;
}

std::shared_ptr<const ItemFacts::Chunk> ItemFacts::MakeChunk(absl::Span<const ItemFact> facts) {
  auto chunk = std::make_shared<Chunk>();
  for (const ItemFact& fact : facts) {
    chunk->brand.push_back(fact.brand);
    chunk->seller.push_back(fact.seller);
    chunk->group.push_back(fact.group);
    chunk->stock.push_back(fact.stock_nanos);
    chunk->available.push_back(fact.available_at_seconds);
    chunk->terms_begin.push_back(static_cast<uint32_t>(chunk->terms.size()));
    chunk->prices_begin.push_back(static_cast<uint32_t>(chunk->prices.size()));
    const size_t levels = std::min<size_t>(fact.categories.size(), 255);
    chunk->levels.push_back(static_cast<uint8_t>(levels));
    chunk->terms.insert(chunk->terms.end(), fact.categories.begin(),
                        fact.categories.begin() + static_cast<int64_t>(levels));
    chunk->terms.insert(chunk->terms.end(), fact.attributes.begin(), fact.attributes.end());
    chunk->prices.insert(chunk->prices.end(), fact.prices.begin(), fact.prices.end());
  }
  chunk->terms_begin.push_back(static_cast<uint32_t>(chunk->terms.size()));
  chunk->prices_begin.push_back(static_cast<uint32_t>(chunk->prices.size()));
  return chunk;
}

ItemFact ItemFacts::Fact(ItemId item) const {
  ItemFact fact;
  fact.sold = sold(item);
  fact.shown_enough = shown_enough(item);
  fact.brand = brand(item);
  fact.seller = seller(item);
  fact.group = group(item);
  const auto copy = [](auto span, auto& out) { out.assign(span.begin(), span.end()); };
  copy(categories(item), fact.categories);
  copy(attributes(item), fact.attributes);
  copy(prices(item), fact.prices);
  fact.stock_nanos = stock_nanos(item);
  fact.available_at_seconds = available_at_seconds(item);
  return fact;
}

ItemFacts ItemFacts::With(absl::Span<const Change> changes) const {
  ItemFacts next = *this;
  std::map<uint32_t, std::vector<const Change*>> by_chunk;
  bool regrouped = groups_ == nullptr;
  for (const Change& change : changes) {
    by_chunk[change.first / kChunk].push_back(&change);
    next.items_ = std::max(next.items_, change.first + 1);
    regrouped |= group(change.first) != change.second.group;
  }
  if (next.items_ > items_) {
    for (uint32_t chunk = items_ / kChunk; chunk * kChunk < next.items_; ++chunk) by_chunk[chunk];
  }
  next.chunks_.resize((next.items_ + kChunk - 1) / kChunk);
  next.sold_.resize(WordsFor(next.items_), 0);
  next.out_of_stock_.resize(WordsFor(next.items_), 0);
  next.shown_enough_.resize(WordsFor(next.items_), 0);
  for (const auto& [chunk, of_chunk] : by_chunk) {
    const uint32_t first = chunk * kChunk;
    std::vector<ItemFact> facts;
    for (ItemId item = first; item < std::min(next.items_, first + kChunk); ++item) {
      facts.push_back(item < items_ ? Fact(item) : ItemFact());
    }
    for (const Change* change : of_chunk) facts[change->first - first] = change->second;
    for (uint32_t i = 0; i < facts.size(); ++i) {
      SetBit(next.sold_, first + i, facts[i].sold);
      SetBit(next.shown_enough_, first + i, facts[i].shown_enough);
      SetBit(next.out_of_stock_, first + i, facts[i].stock_nanos != kUnknownAmount && facts[i].stock_nanos <= 0);
    }
    next.chunks_[chunk] = MakeChunk(facts);
  }
  if (regrouped) next.IndexGroups();
  return next;
}

void ItemFacts::IndexGroups() {
  auto groups = std::make_shared<std::vector<std::pair<Term, ItemId>>>();
  for (ItemId item = 0; item < items_; ++item) {
    if (const Term of = group(item); of != 0) groups->emplace_back(of, item);
  }
  std::sort(groups->begin(), groups->end());
  groups_ = std::move(groups);
}

absl::Span<const std::pair<Term, ItemId>> ItemFacts::OfGroup(Term group) const {
  if (group == 0 || groups_ == nullptr) return {};
  const auto first = std::lower_bound(groups_->begin(), groups_->end(), std::pair<Term, ItemId>(group, 0));
  auto last = first;
  while (last != groups_->end() && last->first == group) ++last;
  return absl::MakeConstSpan(*groups_).subspan(static_cast<size_t>(first - groups_->begin()),
                                               static_cast<size_t>(last - first));
}

Term ItemFacts::top_category(ItemId item) const {
  const absl::Span<const Term> path = categories(item);
  return path.empty() ? 0 : path.front();
}

absl::Span<const Term> ItemFacts::categories(ItemId item) const {
  if (!Known(item)) return {};
  const Chunk& chunk = At(item);
  return absl::MakeConstSpan(chunk.terms).subspan(chunk.terms_begin[Place(item)], chunk.levels[Place(item)]);
}

absl::Span<const Term> ItemFacts::attributes(ItemId item) const {
  if (!Known(item)) return {};
  const Chunk& chunk = At(item);
  const uint32_t begin = chunk.terms_begin[Place(item)] + chunk.levels[Place(item)];
  return absl::MakeConstSpan(chunk.terms).subspan(begin, chunk.terms_begin[Place(item) + 1] - begin);
}

absl::Span<const ItemPrice> ItemFacts::prices(ItemId item) const {
  if (!Known(item)) return {};
  const Chunk& chunk = At(item);
  const uint32_t begin = chunk.prices_begin[Place(item)];
  return absl::MakeConstSpan(chunk.prices).subspan(begin, chunk.prices_begin[Place(item) + 1] - begin);
}

const ItemPrice* ItemFacts::PriceAt(ItemId item, uint32_t currency, int64_t now_seconds) const {
  for (const ItemPrice& price : prices(item)) {
    if (price.currency == currency && now_seconds < price.valid_until_seconds) return &price;
  }
  return nullptr;
}

template <typename F>
Bits ItemFacts::Where(F wanted) const {
  static_assert(kChunk % 64 == 0);
  Bits bits(WordsFor(items_), 0);
  for (size_t c = 0; c < chunks_.size(); ++c) {
    const Chunk& chunk = *chunks_[c];
    uint64_t* words = bits.data() + c * (kChunk / 64);
    for (size_t place = 0; place < chunk.brand.size(); ++place) {
      words[place / 64] |= static_cast<uint64_t>(wanted(chunk, place)) << (place % 64);
    }
  }
  return bits;
}

Bits ItemFacts::WithTopCategory(Term category) const {
  return Where([category](const Chunk& chunk, size_t place) {
    return chunk.levels[place] > 0 && chunk.terms[chunk.terms_begin[place]] == category;
  });
}

Bits ItemFacts::WithAttribute(Term attribute) const {
  return Where([attribute](const Chunk& chunk, size_t place) {
    const Term* begin = chunk.terms.data() + chunk.terms_begin[place] + chunk.levels[place];
    const Term* end = chunk.terms.data() + chunk.terms_begin[place + 1];
    return std::find(begin, end, attribute) != end;
  });
}

Bits ItemFacts::PricedAtMost(uint32_t currency, int64_t most_nanos, int64_t now_seconds) const {
  return Where([=](const Chunk& chunk, size_t place) {
    int within = 0;  // without branches: prices come in no order
    for (uint32_t i = chunk.prices_begin[place]; i < chunk.prices_begin[place + 1]; ++i) {
      const ItemPrice& price = chunk.prices[i];
      within |= static_cast<int>(price.currency == currency) & static_cast<int>(price.price <= most_nanos) &
                static_cast<int>(now_seconds < price.valid_until_seconds);
    }
    return within != 0;
  });
}

namespace {

float CommonPath(absl::Span<const Term> a, absl::Span<const Term> b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t common = 0;
  while (common < shorter && a[common] == b[common]) ++common;
  return static_cast<float>(common) / static_cast<float>(std::max(a.size(), b.size()));
}

float Jaccard(absl::Span<const Term> a, absl::Span<const Term> b) {
  size_t i = 0, j = 0, common = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j]) {
      ++common, ++i, ++j;
    } else if (a[i] < b[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return static_cast<float>(common) / static_cast<float>(a.size() + b.size() - common);
}

}  // namespace

float FactSimilarity(const ItemFacts& facts, ItemId a, ItemId b) {
  constexpr float kPath = 0.5F, kBrand = 0.2F, kAttributes = 0.3F;
  if (facts.group(a) != 0 && facts.group(a) == facts.group(b)) return 1;
  float sum = 0, weights = 0;
  if (const auto x = facts.categories(a), y = facts.categories(b); !x.empty() && !y.empty()) {
    sum += kPath * CommonPath(x, y);
    weights += kPath;
  }
  if (facts.brand(a) != 0 && facts.brand(b) != 0) {
    sum += facts.brand(a) == facts.brand(b) ? kBrand : 0;
    weights += kBrand;
  }
  if (const auto x = facts.attributes(a), y = facts.attributes(b); !x.empty() && !y.empty()) {
    sum += kAttributes * Jaccard(x, y);
    weights += kAttributes;
  }
  return weights > 0 ? sum / weights : 0;
}

}  // namespace kontor::recommendations
