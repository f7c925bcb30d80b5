#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/domain/search/document.h"

// What products are filtered, counted and sorted by: values under numbers, and live columns.
namespace kontor::search {

// A property of products. `name` belongs to kAttribute alone.
struct Property {
  enum class Kind : uint8_t {
    kBrand = 0,
    kCategory,   // a value is a path from the top, joined by CategoryKey
    kAttribute,  // values are texts; the numeric ones are numbers, too
    kGroup,      // values are group ids; no facet
    kId,         // values are product ids; no facet
    kPrice,      // from here on numbers that all documents have
    kStock,
    kPopularity,
    kMarginShare,
    kAvailableAt,
  };
  Kind kind = Kind::kBrand;
  std::string name;
  friend bool operator==(const Property&, const Property&) = default;
};

// A property as a word of its own, for keys: "brand", "attribute:colour".
std::string PropertyKey(const Property& property);

// "Tools", "Saws" → "Tools\x1fSaws"; parts lose what they have of the separator.
std::string CategoryKey(absl::Span<const std::string> path);
std::vector<std::string> CategoryPath(absl::string_view key);

// Numbers properties and their values, each once, in order of appearance; nothing is ever taken out, and what has a
// number keeps it. Thread-safe; texts are read without a lock.
class ValueDictionary {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  ValueDictionary();
  ValueDictionary(const ValueDictionary&) = delete;
  ValueDictionary& operator=(const ValueDictionary&) = delete;

  uint32_t InternProperty(const Property& property);
  uint32_t FindProperty(const Property& property) const;  // kNone: never seen
  std::vector<Property> Properties() const;

  uint32_t Intern(uint32_t property, absl::string_view value);
  uint32_t Find(uint32_t property, absl::string_view value) const;

  uint32_t size() const;  // values with numbers below it can be read
  const std::string& Text(uint32_t value) const { return At(value).text; }
  uint32_t PropertyOf(uint32_t value) const { return At(value).property; }

  size_t Bytes() const;  // of memory, about

 private:
  static constexpr size_t kChunk = 4096, kChunks = 16384;
  struct Value {
    std::string text;
    uint32_t property = 0;
  };
  struct Chunk {
    std::array<Value, kChunk> values;
  };
  const Value& At(uint32_t value) const {
    return chunks_[value / kChunk].load(std::memory_order_acquire)->values[value % kChunk];
  }

  mutable base::SharedMutex mutex_;
  std::vector<Property> properties_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> property_numbers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::pair<uint32_t, absl::string_view>, uint32_t> numbers_ ABSL_GUARDED_BY(mutex_);
  uint32_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Chunk> storage_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<std::atomic<const Chunk*>[]> chunks_;
};

// LiveValues of the documents of a segment; read and written at the same time, each value whole.
class LiveColumns {
 public:
  LiveColumns() = default;
  explicit LiveColumns(uint32_t documents);

  LiveValues Get(uint32_t doc) const { return {Price(doc), Stock(doc), Popularity(doc), MarginShare(doc)}; }
  void Set(uint32_t doc, const LiveValues& values);

  int64_t Price(uint32_t doc) const { return price_[doc].load(std::memory_order_relaxed); }
  float Stock(uint32_t doc) const { return stock_[doc].load(std::memory_order_relaxed); }
  float Popularity(uint32_t doc) const { return popularity_[doc].load(std::memory_order_relaxed); }
  float MarginShare(uint32_t doc) const { return margin_share_[doc].load(std::memory_order_relaxed); }
  static constexpr size_t kBytes = sizeof(int64_t) + 3 * sizeof(float);  // a document

 private:
  std::unique_ptr<std::atomic<int64_t>[]> price_;
  std::unique_ptr<std::atomic<float>[]> stock_, popularity_, margin_share_;
};

// A change of some of a product's live values.
struct LiveUpdate {
  std::string id;
  std::optional<int64_t> price_micros;
  std::optional<float> stock, popularity, margin_share;
};

void Apply(const LiveUpdate& update, LiveValues& values);

}  // namespace kontor::search
