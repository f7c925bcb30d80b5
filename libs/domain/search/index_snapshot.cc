#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/index_batch.h"
#include "libs/domain/search/segment_io.h"

namespace kontor::search {
namespace {

constexpr uint64_t kMagic = 0x786469726f746e6b;  // "kntoridx"
constexpr uint32_t kVersion = 2;
constexpr uint32_t kMaxParts = 1 << 16;

void WriteSection(std::string bytes, base::ByteWriter& writer) {
  writer.Value<uint64_t>(base::StableHash(bytes));
  writer.String(bytes);
}

// A section whose checksum is right; empty, with the reader's error, otherwise.
std::string ReadSection(base::ByteReader& reader) {
  const auto checksum = reader.Value<uint64_t>();
  std::string bytes = reader.String();
  reader.Require(base::StableHash(bytes) == checksum, "a checksum is wrong");
  return reader.status().ok() ? bytes : std::string();
}

absl::Status AtEnd(base::ByteReader& reader) {
  reader.Require(reader.AtEnd(), "there are bytes behind the end");
  return reader.status();
}

// No product lives twice; rows and sequences are each of one living product and below what is next.
absl::Status CheckDocuments(absl::Span<const IndexView::Part> parts, uint64_t next_sequence, uint32_t next_row) {
  absl::flat_hash_set<absl::string_view> ids;
  absl::flat_hash_set<uint64_t> sequences;
  absl::flat_hash_set<uint32_t> rows;
  bool right = true;
  for (const IndexView::Part& part : parts) {
    const Segment& segment = *part.segment;
    ForEachBit(*part.alive, [&](uint32_t doc) {
      right &= ids.insert(segment.ids[doc]).second && sequences.insert(segment.sequence[doc]).second &&
               rows.insert(segment.row[doc]).second;
      right &= segment.sequence[doc] < next_sequence && segment.row[doc] < next_row;
    });
  }
  return right ? absl::OkStatus() : absl::DataLossError("a product stands twice in the snapshot");
}

}  // namespace

std::string Index::Save(absl::string_view owner) const {
  base::ByteWriter writer, head, values;
  std::shared_ptr<const IndexView> view;
  head.String(owner);
  {
    base::MutexLock lock(mutex_);
    view = view_.Get();
    head.Value<uint64_t>(next_sequence_);
    head.Value<uint32_t>(next_row_);
  }
  head.Value<uint32_t>(static_cast<uint32_t>(view->parts().size()));
  writer.Value<uint64_t>(kMagic);
  writer.Value<uint32_t>(kVersion);
  WriteSection(std::move(head).Take(), writer);
  std::vector<uint32_t> numbers;
  WriteValues(view->values(), view->parts(), values, numbers);
  WriteSection(std::move(values).Take(), writer);
  for (const IndexView::Part& part : view->parts()) {
    base::ByteWriter section;
    WritePart(part, numbers, section);
    WriteSection(std::move(section).Take(), writer);
  }
  return std::move(writer).Take();
}

absl::StatusOr<std::string> Index::Load(absl::string_view bytes) {
  base::ByteReader reader(bytes);
  reader.Require(reader.Value<uint64_t>() == kMagic, "this is no snapshot of an index");
  reader.Require(reader.Value<uint32_t>() == kVersion, "this snapshot is of another version");
  const std::string head_bytes = ReadSection(reader), values_bytes = ReadSection(reader);
  RETURN_IF_ERROR(reader.status());

  base::ByteReader head(head_bytes);
  std::string owner = head.String();
  const auto next_sequence = head.Value<uint64_t>();
  const auto next_row = head.Value<uint32_t>();
  const auto sections = head.Value<uint32_t>();
  head.Require(sections <= kMaxParts, "there are too many segments");
  RETURN_IF_ERROR(AtEnd(head));
  auto values = std::make_shared<ValueDictionary>();
  base::ByteReader values_reader(values_bytes);
  ReadValues(values_reader, *values);
  RETURN_IF_ERROR(AtEnd(values_reader));

  Parts parts;
  for (uint32_t i = 0; i < sections; ++i) {
    const std::string section = ReadSection(reader);
    RETURN_IF_ERROR(reader.status());
    base::ByteReader part_reader(section);
    Bits alive;
    const std::shared_ptr<Segment> segment = ReadPart(part_reader, *values, alive);
    RETURN_IF_ERROR(AtEnd(part_reader));
    segment->number = i + 1;
    parts.push_back(WholePart(segment));
    std::vector<uint32_t> dead;
    for (uint32_t doc = 0; doc < segment->documents; ++doc) {
      if (!TestBit(alive, doc)) dead.push_back(doc);
    }
    if (!dead.empty()) Delete(dead, parts.back());
  }
  RETURN_IF_ERROR(AtEnd(reader));
  RETURN_IF_ERROR(CheckDocuments(parts, next_sequence, next_row));

  base::MutexLock no_commit(commit_mutex_);
  base::MutexLock no_merge(merge_mutex_);
  base::MutexLock lock(mutex_);
  values_ = std::move(values);
  batch_ = std::make_shared<Batch>();
  next_segment_ = sections + 1;
  next_sequence_ = next_sequence;
  next_row_ = next_row;
  Publish(std::move(parts));
  return owner;
}

}  // namespace kontor::search
