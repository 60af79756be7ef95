-- The relay takes no answer of another route. Set last: a cache has the proof of the request whose answer it kept.
kong.response.clear_header("X-AIDR-Internal-Proof")
local proof = kong.ctx.shared.crowdstrike_aidr_internal_proof
if proof then kong.response.set_header("X-AIDR-Internal-Proof", proof) end
