#pragma once

#include "libs/platform/log/batch_handler.h"

namespace kontor::analytics {

// The consumer's side of the durable view: the facts of a batch into schema `analytics`, by the rules of facts.h. Holds
// nothing between calls; thread-safe. What a row ends up with is what FactTable ends up with for the same records of a
// partition in the same order; several partitions meet in one row only where a return or a stock correction changes its
// key between revisions, and there the higher revision wins on both sides.
//
// Per batch at most: one SELECT … FOR UPDATE of the documents named, one upsert, one DELETE of replaced lines and one
// COPY of new ones, one statement per other table; rows in order of their keys.
//   * unknown type: parked; broken record: dead letter with decode.h's reason
//   * same revision, other content: dead letter REVISION_CONFLICT, the first on the log stays
//   * ABORTED (DOCUMENT_RACE) when another partition wrote a document between two of the statements: tried again
class FactWriter : public log::BatchHandler {
 public:
  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  bool Knows(absl::string_view type) const override;
};

constexpr char kReasonRevisionConflict[] = "REVISION_CONFLICT";
constexpr char kReasonDocumentRace[] = "DOCUMENT_RACE";

}  // namespace kontor::analytics
