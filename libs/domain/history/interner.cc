#include "libs/domain/history/interner.h"

#include "absl/hash/hash.h"

namespace kontor::history {

Interner::Interner() : offsets_(1, 0), slots_(16, 0) {}

size_t Interner::SlotOf(absl::string_view text) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = absl::Hash<absl::string_view>{}(text)&mask;
  while (slots_[slot] != 0 && At(slots_[slot] - 1) != text) slot = (slot + 1) & mask;
  return slot;
}

uint32_t Interner::Intern(absl::string_view text) {
  size_t slot = SlotOf(text);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  if (4 * (size() + size_t{1}) > 3 * slots_.size()) {
    Grow();
    slot = SlotOf(text);
  }
  arena_.append(text.data(), text.size());
  offsets_.push_back(arena_.size());
  slots_[slot] = size();
  return size() - 1;
}

std::optional<uint32_t> Interner::Find(absl::string_view text) const {
  const uint32_t found = slots_[SlotOf(text)];
  if (found == 0) return std::nullopt;
  return found - 1;
}

absl::string_view Interner::At(uint32_t id) const {
  return absl::string_view(arena_).substr(offsets_[id], offsets_[id + 1] - offsets_[id]);
}

void Interner::Grow() {
  slots_.assign(2 * slots_.size(), 0);
  for (uint32_t id = 0; id < size(); ++id) slots_[SlotOf(At(id))] = id + 1;
}

size_t Interner::bytes() const {
  return arena_.capacity() + offsets_.capacity() * sizeof(uint64_t) + slots_.capacity() * sizeof(uint32_t);
}

}  // namespace kontor::history
