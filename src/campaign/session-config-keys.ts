import { nearest } from './nearest.ts';

/** Entries whose effect another key of the language decides, and that key. */
const DECIDED_BY: ReadonlyMap<string, string> = new Map([
  ['session.intra_op_num_threads', 'threads'],
  ['session.inter_op_num_threads', 'interOpThreads'],
  ['session.execution_mode', 'execution'],
  ['session.graph_optimization_level', 'graph'],
  ['session.enable_profiling', 'profile'],
  ['session.disable_cpu_ep_fallback', 'require'],
]);

/** The session configuration entries that onnxruntime 1.30 reads (onnxruntime_session_options_config_keys.h). */
const KNOWN: readonly string[] = [
  'ep.context_embed_mode',
  'ep.context_enable',
  'ep.context_file_path',
  'mlas.disable_kleidiai',
  'mlas.use_lut_gemm',
  'optimization.disable_specified_optimizers',
  'optimization.enable_cast_chain_elimination',
  'optimization.enable_gelu_approximation',
  'optimization.minimal_build_optimizations',
  'session.allow_released_opsets_only',
  'session.collect_node_memory_stats_to_file',
  'session.debug_layout_transformation',
  'session.disable_aot_function_inlining',
  'session.disable_double_qdq_remover',
  'session.disable_model_compile',
  'session.disable_prepacking',
  'session.disable_qdq_constant_folding',
  'session.disable_quant_qdq',
  'session.dynamic_block_base',
  'session.enable_dq_matmulnbits_fusion',
  'session.enable_quant_qdq_cleanup',
  'session.fail_on_suboptimal_compiled_model',
  'session.force_spinning_stop',
  'session.gqa_value_layout',
  'session.graph_optimizations_loop_level',
  'session.inter_op.allow_spinning',
  'session.inter_op.spin_backoff_max',
  'session.inter_op.spin_duration_us',
  'session.intra_op.allow_spinning',
  'session.intra_op.spin_backoff_max',
  'session.intra_op.spin_duration_us',
  'session.intra_op_thread_affinities',
  'session.layer_assignment_settings',
  'session.load_model_format',
  'session.max_shape_override',
  'session.model_external_initializers_file_folder_path',
  'session.name_based_layer_assignment',
  'session.node_partition_config_file',
  'session.qdq_matmulnbits_accuracy_level',
  'session.qdq_matmulnbits_block_size',
  'session.qdqisint8allowed',
  'session.record_ep_graph_assignment_info',
  'session.resource_cuda_partitioning_settings',
  'session.set_denormal_as_zero',
  'session.strict_shape_type_inference',
  'session.use_deterministic_compute',
  'session.use_device_allocator_for_initializers',
  'session.use_env_allocators',
  'session.use_memory_mapped_ort_model',
  'session.use_ort_model_bytes_directly',
  'session.use_ort_model_bytes_for_initializers',
  'session.x64quantprecision',
];

/** Entries of an execution provider's own: `ep.<provider>.<name>`. Which of them there are, only the provider knows. */
const OF_A_PROVIDER = /^ep\.[a-z0-9_]+\.[A-Za-z0-9_.]+$/u;

/**
 * What is wrong with a session configuration entry: onnxruntime takes any name and ignores without a word those that it
 * does not know. Null: nothing.
 */
export function configKeyProblem(key: string): string | null {
  const decidedBy = DECIDED_BY.get(key);
  if (decidedBy !== undefined) return `found ${key}, expected it to be said by the target's own key \`${decidedBy}\``;
  if (KNOWN.includes(key) || OF_A_PROVIDER.test(key)) return null;
  const near = nearest(key, KNOWN);
  const hint =
    near === null
      ? 'expected an entry of onnxruntime_session_options_config_keys.h, for example session.intra_op.allow_spinning'
      : `did you mean ${near}?`;
  return `found ${key}, which onnxruntime ignores without a word; ${hint}`;
}
