#include "libs/domain/search/column.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace kontor::search {
namespace {

constexpr char kSeparator = '\x1f';

}  // namespace

std::string PropertyKey(const Property& property) {
  switch (property.kind) {
    case Property::Kind::kBrand:
      return "brand";
    case Property::Kind::kCategory:
      return "category";
    case Property::Kind::kAttribute:
      return absl::StrCat("attribute:", property.name);
    case Property::Kind::kGroup:
      return "group";
    case Property::Kind::kId:
      return "id";
    case Property::Kind::kPrice:
      return "price";
    case Property::Kind::kStock:
      return "stock";
    case Property::Kind::kPopularity:
      return "popularity";
    case Property::Kind::kMarginShare:
      return "margin_share";
    case Property::Kind::kAvailableAt:
      return "available_at";
  }
  return "";
}

std::string CategoryKey(absl::Span<const std::string> path) {
  std::string key;
  for (size_t i = 0; i < path.size(); ++i) {
    if (i > 0) key.push_back(kSeparator);
    for (char c : path[i]) {
      if (c != kSeparator) key.push_back(c);
    }
  }
  return key;
}

std::vector<std::string> CategoryPath(absl::string_view key) {
  if (key.empty()) return {};
  return absl::StrSplit(key, kSeparator);
}

ValueDictionary::ValueDictionary() : chunks_(new std::atomic<const Chunk*>[kChunks]) {
  for (size_t i = 0; i < kChunks; ++i) chunks_[i].store(nullptr, std::memory_order_relaxed);
}

uint32_t ValueDictionary::InternProperty(const Property& property) {
  const std::string key = PropertyKey(property);
  {
    base::ReaderLock lock(mutex_);
    if (auto found = property_numbers_.find(key); found != property_numbers_.end()) return found->second;
  }
  base::WriterLock lock(mutex_);
  const auto [place, added] = property_numbers_.try_emplace(key, static_cast<uint32_t>(properties_.size()));
  if (added) properties_.push_back(property);
  return place->second;
}

uint32_t ValueDictionary::FindProperty(const Property& property) const {
  const std::string key = PropertyKey(property);
  base::ReaderLock lock(mutex_);
  const auto found = property_numbers_.find(key);
  return found == property_numbers_.end() ? kNone : found->second;
}

std::vector<Property> ValueDictionary::Properties() const {
  base::ReaderLock lock(mutex_);
  return properties_;
}

uint32_t ValueDictionary::Find(uint32_t property, absl::string_view value) const {
  base::ReaderLock lock(mutex_);
  const auto found = numbers_.find({property, value});
  return found == numbers_.end() ? kNone : found->second;
}

uint32_t ValueDictionary::Intern(uint32_t property, absl::string_view value) {
  if (const uint32_t found = Find(property, value); found != kNone) return found;
  base::WriterLock lock(mutex_);
  if (auto found = numbers_.find({property, value}); found != numbers_.end()) return found->second;
  if (size_ == kChunk * kChunks) return kNone;
  if (size_ % kChunk == 0) storage_.emplace_back();
  Chunk& chunk = storage_.back();
  Value& place = chunk.values[size_ % kChunk];
  place.text = std::string(value);
  place.property = property;
  if (size_ % kChunk == 0) chunks_[size_ / kChunk].store(&chunk, std::memory_order_release);
  numbers_.emplace(std::make_pair(property, absl::string_view(place.text)), size_);
  return size_++;
}

uint32_t ValueDictionary::size() const {
  base::ReaderLock lock(mutex_);
  return size_;
}

size_t ValueDictionary::Bytes() const {
  base::ReaderLock lock(mutex_);
  size_t bytes = storage_.size() * sizeof(Chunk) + numbers_.capacity() * 33 + kChunks * sizeof(void*);
  for (uint32_t value = 0; value < size_; ++value) {
    const std::string& text = At(value).text;
    if (text.capacity() > 15) bytes += text.capacity() + 1;
  }
  return bytes;
}

LiveColumns::LiveColumns(uint32_t documents)
    : price_(new std::atomic<int64_t>[documents]),
      stock_(new std::atomic<float>[documents]),
      popularity_(new std::atomic<float>[documents]),
      margin_share_(new std::atomic<float>[documents]) {
  for (uint32_t doc = 0; doc < documents; ++doc) Set(doc, {});
}

void LiveColumns::Set(uint32_t doc, const LiveValues& values) {
  price_[doc].store(values.price_micros, std::memory_order_relaxed);
  stock_[doc].store(values.stock, std::memory_order_relaxed);
  popularity_[doc].store(values.popularity, std::memory_order_relaxed);
  margin_share_[doc].store(values.margin_share, std::memory_order_relaxed);
}

void Apply(const LiveUpdate& update, LiveValues& values) {
  if (update.price_micros) values.price_micros = *update.price_micros;
  if (update.stock) values.stock = *update.stock;
  if (update.popularity) values.popularity = *update.popularity;
  if (update.margin_share) values.margin_share = *update.margin_share;
}

}  // namespace kontor::search
